//! Profile files that flags ask for (`-cpuprofile`, `-memprofile`, `-benchmarkprofile`).
//!
//! Go programs sample themselves; this linker does not. So that tools that read these files
//! find what they expect, a CPU profile is a valid one with a single sample, the CPU time of
//! the whole link, and a memory profile has the totals that Go's textual format carries.

use crate::usage::{peak_resident_bytes, resident_bytes};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Profile files of one run, made at the start and written at the end.
#[derive(Default)]
pub struct Profiles {
    cpu: Option<File>,
    memory: Option<File>,
}

impl Profiles {
    /// Makes the files.
    ///
    /// # Errors
    ///
    /// The text for `log.Fatalf`.
    pub fn create(cpu: Option<&Path>, memory: Option<&Path>) -> Result<Profiles, String> {
        let create = |path: Option<&Path>| {
            path.map(|p| {
                File::create(p).map_err(|e| {
                    let why = symbols::map::go_error_text(&e);
                    format!("open {}: {why}", p.display())
                })
            })
            .transpose()
        };
        Ok(Profiles {
            cpu: create(cpu)?,
            memory: create(memory)?,
        })
    }

    /// Writes them.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn write(&mut self) -> io::Result<()> {
        if let Some(mut file) = self.cpu.take() {
            file.write_all(&cpu_profile(cpu_nanoseconds()))?;
        }
        if let Some(mut file) = self.memory.take() {
            file.write_all(memory_profile().as_bytes())?;
        }
        Ok(())
    }
}

/// Writes the profiles of one phase, `BASE_NAME.cpuprof` and perhaps `BASE_NAME.memprof`. An
/// error is not worth failing a link over.
pub(crate) fn write_phase(base: &Path, name: &str, nanoseconds: u64, mem: bool) {
    let file = |kind: &str| -> PathBuf {
        let mut path = OsString::from(base);
        path.push(format!("_{name}.{kind}"));
        path.into()
    };
    let _ = std::fs::write(file("cpuprof"), cpu_profile(nanoseconds));
    if mem {
        let _ = std::fs::write(file("memprof"), heap_profile(resident_bytes()));
    }
}

/// CPU time of this process so far, user and system, nanoseconds.
fn cpu_nanoseconds() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The fields behind the name, which is in parentheses; times are in hundredths of seconds.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |n| {
        fields
            .split_whitespace()
            .nth(n)
            .and_then(|f| f.parse::<u64>().ok())
    };
    (ticks(11).unwrap_or(0) + ticks(12).unwrap_or(0)) * 10_000_000
}

fn cpu_profile(nanoseconds: u64) -> Vec<u8> {
    const PERIOD: u64 = 10_000_000;
    let types = [("samples", "count"), ("cpu", "nanoseconds")];
    profile(&types, &[nanoseconds.div_ceil(PERIOD), nanoseconds], PERIOD)
}

fn heap_profile(bytes: u64) -> Vec<u8> {
    let types = [("inuse_objects", "count"), ("inuse_space", "bytes")];
    profile(&types, &[1, bytes], 1)
}

/// A gzipped `profile.proto` with one sample in one function, `link`.
fn profile(types: &[(&str, &str)], values: &[u64], period: u64) -> Vec<u8> {
    let mut strings = vec!["", "link"];
    let mut p = Vec::new();
    for (name, unit) in types {
        strings.extend([name, unit]);
        let at = strings.len() as u64;
        bytes_field(&mut p, 1, &value_type(at - 2, at - 1));
    }
    let mut sample = Vec::new();
    bytes_field(&mut sample, 1, &varint(1)); // Locations, packed.
    bytes_field(
        &mut sample,
        2,
        &values.iter().flat_map(|&v| varint(v)).collect::<Vec<_>>(),
    );
    bytes_field(&mut p, 2, &sample);
    let mut line = Vec::new();
    number_field(&mut line, 1, 1);
    let mut location = Vec::new();
    number_field(&mut location, 1, 1);
    bytes_field(&mut location, 4, &line);
    bytes_field(&mut p, 4, &location);
    let mut function = Vec::new();
    number_field(&mut function, 1, 1);
    number_field(&mut function, 2, 1);
    bytes_field(&mut p, 5, &function);
    for s in &strings {
        bytes_field(&mut p, 6, s.as_bytes());
    }
    let at = strings.len() as u64;
    bytes_field(&mut p, 11, &value_type(at - 2, at - 1));
    number_field(&mut p, 12, period);
    gzip_stored(&p)
}

fn value_type(name: u64, unit: u64) -> Vec<u8> {
    let mut v = Vec::new();
    number_field(&mut v, 1, name);
    number_field(&mut v, 2, unit);
    v
}

fn varint(mut v: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
    out
}

fn number_field(out: &mut Vec<u8>, field: u64, value: u64) {
    out.extend(varint(field << 3));
    out.extend(varint(value));
}

fn bytes_field(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    out.extend(varint(field << 3 | 2));
    out.extend(varint(value.len() as u64));
    out.extend_from_slice(value);
}

/// A gzip file of one stored block; the data is far below its limit of 65535 bytes.
fn gzip_stored(data: &[u8]) -> Vec<u8> {
    let len = data.len() as u16;
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    out.extend(len.to_le_bytes());
    out.extend((!len).to_le_bytes());
    out.extend_from_slice(data);
    let crc = data.iter().fold(!0u32, |crc, &b| {
        (0..8).fold(crc ^ u32::from(b), |c, _| {
            c >> 1 ^ 0xedb8_8320 & (c & 1).wrapping_neg()
        })
    });
    out.extend((!crc).to_le_bytes());
    out.extend(u32::from(len).to_le_bytes());
    out
}

/// Go's textual heap profile without stacks. Compiler benchmarks read the numbers in its
/// comments.
fn memory_profile() -> String {
    let (now, peak) = (resident_bytes(), peak_resident_bytes());
    let mut out = String::from("heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n");
    for (name, value) in [
        ("Alloc", now),
        ("TotalAlloc", peak),
        ("Sys", peak),
        ("Lookups", 0),
        ("Mallocs", 0),
        ("Frees", 0),
        ("HeapAlloc", now),
        ("HeapSys", peak),
        ("HeapIdle", 0),
        ("HeapInuse", now),
        ("HeapReleased", 0),
        ("HeapObjects", 0),
        ("NumGC", 0),
        ("NumForcedGC", 0),
        ("MaxRSS", peak),
    ] {
        let _ = writeln!(out, "# {name} = {value}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn pprof_reads_the_cpu_profile() {
        let Ok(go) = Command::new("go").arg("version").output() else {
            println!("skipped: no go on PATH");
            return;
        };
        assert!(go.status.success());
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cpu");
        std::fs::write(&file, cpu_profile(1_230_000_000)).unwrap();
        let pprof = Command::new("go")
            .args(["tool", "pprof", "-top"])
            .arg(&file)
            .output();
        let pprof = pprof.unwrap();
        let text = String::from_utf8_lossy(&pprof.stdout).into_owned();
        assert!(
            pprof.status.success(),
            "{}",
            String::from_utf8_lossy(&pprof.stderr)
        );
        assert!(text.contains("Type: cpu"), "{text}");
        assert!(text.contains("1.23s"), "{text}");
        assert!(text.contains("link"), "{text}");
    }

    #[test]
    fn files_are_made_first_and_filled_last() {
        let dir = tempfile::tempdir().unwrap();
        let (cpu, memory) = (dir.path().join("cpu"), dir.path().join("mem"));
        let mut profiles = Profiles::create(Some(&cpu), Some(&memory)).unwrap();
        assert_eq!(std::fs::read(&cpu).unwrap(), b"");
        profiles.write().unwrap();
        assert_eq!(std::fs::read(&cpu).unwrap()[..3], [0x1f, 0x8b, 8]);
        let text = std::fs::read_to_string(&memory).unwrap();
        let peak = text
            .lines()
            .find_map(|l| l.strip_prefix("# MaxRSS = "))
            .unwrap();
        assert!(peak.parse::<u64>().unwrap() > 100_000);

        let none = dir.path().join("none/x");
        let e = Profiles::create(None, Some(&none)).err().unwrap();
        assert_eq!(
            e,
            format!("open {}: no such file or directory", none.display())
        );
    }
}
