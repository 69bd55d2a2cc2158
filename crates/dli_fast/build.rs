//! Compiles in a hash of the sources, so that Python can tell a stale extension (see `dli_fast.build_info`).
//!
//! The hash is sha256 over, for each file in sorted order of its path: path, NUL, content, NUL. The same
//! few lines in Python are in `tests/house/test_extension_is_fresh.py`.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = vec!["Cargo.lock".to_string(), "Cargo.toml".to_string()];
    collect(&root, Path::new("src"), &mut files);
    files.sort();
    let mut hash = Sha256::new();
    for file in &files {
        println!("cargo:rerun-if-changed={file}");
        hash.update(file.as_bytes());
        hash.update([0]);
        hash.update(std::fs::read(root.join(file)).unwrap_or_default());
        hash.update([0]);
    }
    println!("cargo:rerun-if-changed=src");
    let digest = hash.finalize().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    println!("cargo:rustc-env=DLI_SOURCE_HASH={digest}");
    let rustc = std::process::Command::new(std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into()))
        .arg("--version")
        .output()
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_string())
        .unwrap_or_default();
    println!("cargo:rustc-env=DLI_RUSTC={rustc}");
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        if root.join(&path).is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
}
