//! Which instructions the row loop may use, found out once a plan.

/// What a CPU has beyond its architecture's base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cpu {
    /// Nothing that is used here.
    Base,
    /// AVX2 and BMI2.
    Avx2,
    /// AVX-512 F, BW and VL too.
    Avx512,
}

impl Cpu {
    /// The most that this machine's CPU has.
    #[must_use]
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2");
            let wide = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl");
            match (avx2, wide) {
                (false, _) => Self::Base,
                (true, false) => Self::Avx2,
                (true, true) => Self::Avx512,
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::Base
    }

    /// All that this machine's CPU has, the least first.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Base, Self::Avx2, Self::Avx512].into_iter().filter(|cpu| *cpu <= Self::best())
    }
}
