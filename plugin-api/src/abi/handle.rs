use super::host::calls;
use abi_stable::StableAbi;

/// A tensor handle as it crosses the boundary. 0 means "no tensor". Whether it is borrowed or owned
/// is decided by its place: arguments are borrowed, results are owned.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Raw(pub u64);

/// Owns one reference to a host tensor and gives it back exactly once.
///
/// Not `Copy`, and not constructible from a number in safe code: a double release cannot be written.
#[repr(transparent)]
pub struct Handle(Raw);

// SAFETY: libtorch's reference counts are atomic, and a tensor may be used from any thread.
unsafe impl Send for Handle {}
// SAFETY: shared use only reads the handle; libtorch operators may run concurrently on one tensor.
unsafe impl Sync for Handle {}

impl Handle {
    /// Takes over one reference.
    ///
    /// # Safety
    /// `raw` must be one owned reference (a result of the host), or 0.
    pub unsafe fn from_raw(raw: Raw) -> Self {
        Self(raw)
    }

    /// The handle, still owned by `self`.
    pub fn raw(&self) -> Raw {
        self.0
    }

    /// Gives the reference away, as a result across the boundary.
    pub fn into_raw(self) -> Raw {
        let raw = self.0;
        std::mem::forget(self);
        raw
    }
}

impl Clone for Handle {
    #[inline]
    fn clone(&self) -> Self {
        Self(calls::tensor_clone(self))
    }
}

impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `self` owns this reference, and `drop` runs once.
        unsafe { calls::tensor_drop(self.0) }
    }
}
