//! What the kernel says of this process and of the machine's memory.

/// Peak resident memory of this process in MiB, `VmHWM` of `/proc/self/status` (proc(5)); 0 where there is
/// no such file.
pub fn peak_rss_mib() -> f64 {
    std::fs::read_to_string("/proc/self/status").ok().and_then(|status| parse(&status)).unwrap_or(0.0)
}

/// Bytes of memory that are free for programs, `MemAvailable` of `/proc/meminfo` (proc(5)).
pub fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn parse(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(parse("Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), Some(2.0));
        assert_eq!(parse("VmHWM: many kB"), None);
        #[cfg(target_os = "linux")]
        assert!(peak_rss_mib() > 1.0);
    }
}
