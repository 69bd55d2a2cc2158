//! The reader thread: pulls batches, cuts them into row ranges, and waits while too many bytes are in flight.

use super::crew::TICK;
use super::{Failure, Grain, Shared, Slot, Task};
use crate::stream::{Batch, Source};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use crossbeam_channel::{Sender, bounded};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A batch in flight; the reader learns when the last range of it is done.
pub(crate) struct Held {
    pub batch: Batch,
    pub bytes: usize,
    shared: Arc<Shared>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut in_flight = self.shared.in_flight.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *in_flight -= self.bytes;
        self.shared.freed.notify_all();
    }
}

/// Below this, what is in flight never makes the reader wait: a consumer may gather so much before it begins.
pub(crate) const SMALL: usize = 1 << 20;

/// Read to the end, and `deliver` every batch that has rows, until it says `false` or the run is stopped. `Ok(true)`: the end.
pub(crate) fn read(
    source: &mut Source,
    shared: &Arc<Shared>,
    mut deliver: impl FnMut(Arc<Held>) -> bool,
) -> Result<bool, Failure> {
    let mut last_bytes = 0usize;
    while wait_for_room(shared, last_bytes) {
        let Some(batch) = source.next_batch().map_err(Failure::Source)? else { return Ok(true) };
        shared.drained.fetch_add(batch.rows as u64, Ordering::Relaxed);
        if batch.rows == 0 {
            continue;
        }
        let bytes = batch.bytes();
        last_bytes = bytes;
        *shared.in_flight.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += bytes;
        if !deliver(Arc::new(Held { batch, bytes, shared: shared.clone() })) {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Cut every batch into ranges: each goes to the workers and, as a channel, to the writer's order.
pub(super) fn cut(mut source: Source, shared: &Arc<Shared>, grain: Grain, slots: &Sender<Slot>, tasks: &Sender<Task>) {
    let mut row = 0u64;
    let result = read(&mut source, shared, |held| {
        let rows = held.batch.rows;
        let step = piece_rows(&held.batch, grain);
        for start in (0..rows).step_by(step) {
            let range = start..rows.min(start + step);
            let (out, messages) = bounded(2);
            let next = row + range.len() as u64;
            if slots.send(Slot::Range(messages)).is_err() || shared.stopped() {
                return false;
            }
            drop(tasks.send(Task { batch: held.clone(), range, first_row: row, out }));
            row = next;
        }
        true
    });
    match result {
        Ok(true) => drop(slots.send(Slot::End)),
        Ok(false) => {}
        Err(failure) => drop(slots.send(Slot::Failed(failure))),
    }
}

/// Wait until the batches in flight leave room for one more of the last size. `false`: stop.
fn wait_for_room(shared: &Shared, expected: usize) -> bool {
    let mut in_flight = shared.in_flight.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    while *in_flight > SMALL && *in_flight + expected > shared.budget && !shared.stopped() {
        in_flight = match shared.freed.wait_timeout(in_flight, TICK) {
            Ok((guard, _)) => guard,
            Err(poisoned) => poisoned.into_inner().0,
        };
    }
    !shared.stopped()
}

/// Rows of a range that gives about `grain.bytes` of text. Depends on the data alone, so that equal input gives equal
/// compressed blocks whatever the timing.
pub(crate) fn piece_rows(batch: &Batch, grain: Grain) -> usize {
    let row: usize = batch.columns.iter().map(|column| 1 + estimate(column.as_ref())).sum();
    (grain.bytes / row.max(1)).clamp(grain.least_rows, 1 << 16)
}

/// About how many bytes of text a value has.
fn estimate(array: &dyn Array) -> usize {
    let rows = array.len().max(1);
    match array.data_type() {
        DataType::Null => 0,
        DataType::Boolean | DataType::Int8 | DataType::UInt8 => 4,
        DataType::Utf8 => span(array.as_string::<i32>().value_offsets().iter().map(|&at| at as usize)) / rows,
        DataType::LargeUtf8 => span(array.as_string::<i64>().value_offsets().iter().map(|&at| at as usize)) / rows,
        DataType::Utf8View => sample(array.as_string_view().views()),
        DataType::BinaryView => sample(array.as_binary_view().views()) * 4 / 3,
        DataType::Binary | DataType::LargeBinary => array.to_data().get_slice_memory_size().unwrap_or(0) / rows * 4 / 3,
        DataType::FixedSizeBinary(width) => *width as usize * 4 / 3,
        DataType::Dictionary(_, values) if !values.is_nested() => estimate(array.as_any_dictionary().values().as_ref()),
        kind if kind.is_nested() => array.to_data().get_slice_memory_size().unwrap_or(0) / rows * 2,
        _ => 16,
    }
}

fn span(mut offsets: impl DoubleEndedIterator<Item = usize>) -> usize {
    let start = offsets.next().unwrap_or(0);
    offsets.next_back().unwrap_or(start) - start
}

/// The mean length of up to 64 views; nulls have garbage or 0 and matter little.
fn sample(views: &[u128]) -> usize {
    let step = (views.len() / 64).max(1);
    let lengths: Vec<usize> = views.iter().step_by(step).map(|&view| (view & 0xFFFF_FFFF) as usize).collect();
    lengths.iter().sum::<usize>() / lengths.len().max(1)
}
