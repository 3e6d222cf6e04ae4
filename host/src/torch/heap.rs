/// Bytes that this process has allocated and not freed, or `None` where the C library does not count them.
///
/// The live heap shows a leak that the resident set hides: freed memory which the allocator keeps counts there.
pub fn live_heap() -> Option<u64> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: reads the allocator's own counters.
        let info = unsafe { libc::mallinfo2() };
        Some((info.uordblks + info.hblkhd) as u64)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}
