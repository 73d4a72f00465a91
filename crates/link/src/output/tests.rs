use super::*;
use std::os::unix::fs::{PermissionsExt as _, symlink};

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn create(path: &Path) -> Result<OutputFile, String> {
    OutputFile::create(path, &path.display().to_string()).map_err(|e| e.to_string())
}

#[test]
fn it_appears_at_the_end_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    std::fs::write(&path, "old").unwrap();
    let mut out = create(&path).unwrap();
    assert_eq!(names(dir.path()), [""; 0], "the old file goes at once");
    let (bytes, _) = out.map(5000).unwrap();
    assert!(bytes.iter().all(|&b| b == 0));
    bytes[..3].copy_from_slice(b"new");
    out.bytes_mut()[3] = b'!';
    let (bytes, store) = out.parts();
    store.put(&mut bytes[4990..4995], b"later");
    assert_eq!(&bytes[4989..4996], b"\0later\0");
    bytes[4990] = b'L';
    assert!(!path.exists());
    out.commit().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!((&bytes[..5], bytes.len()), (&b"new!\0"[..], 5000));
    assert_eq!(&bytes[4990..4995], b"Later");
    assert_eq!(names(dir.path()), ["out"]);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o700, 0o700);
    assert_eq!(mode & 0o002, 0);
}

#[test]
fn what_was_written_early_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    let make = |begin: &dyn Fn(&mut OutputFile)| {
        let mut out = create(&path).unwrap();
        let early = out.early().unwrap();
        assert!(early.write(b"early", 40_000) && early.write(b"beyond", 60_000));
        begin(&mut out);
        let bytes = out.bytes_mut();
        assert_eq!(bytes.len(), 50_000);
        assert!(bytes[..40_000].iter().all(|&b| b == 0));
        bytes[40_001] = b'A';
        drop(early);
        out.commit().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 50_000);
        assert_eq!(&bytes[39_999..40_006], b"\0eArly\0");
    };
    make(&|out| {
        out.map(50_000).unwrap();
    });
    // As where files cannot be mapped.
    make(&|out| {
        out.content = Content::Buffer(out.buffer(50_000).unwrap());
    });
    let link = dir.path().join("link");
    symlink("out", &link).unwrap();
    assert!(create(&link).unwrap().early().is_none(), "it is in use");
}

#[test]
fn what_was_begun_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    let make = |whole: &dyn Fn(&mut OutputFile)| {
        let mut out = create(&path).unwrap();
        let early = out.early().unwrap();
        let (bytes, store) = out.begin(10_000).unwrap();
        assert!(bytes.len() == 10_000 && bytes.iter().all(|&b| b == 0));
        bytes[0] = b'b';
        store.put(&mut bytes[9_990..9_995], b"begun");
        assert!(early.write(b"early", 40_000));
        whole(&mut out);
        let bytes = out.bytes_mut();
        assert_eq!(bytes.len(), 50_000);
        bytes[9_990] = b'B';
        out.commit().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 50_000);
        assert_eq!(
            (&bytes[..2], &bytes[9_989..9_996]),
            (&b"b\0"[..], &b"\0Begun\0"[..])
        );
        assert_eq!(&bytes[39_999..40_006], b"\0early\0");
    };
    make(&|out| {
        let (bytes, _) = out.map(50_000).unwrap();
        assert_eq!((bytes[0], &bytes[9_990..9_995]), (b'b', &b"begun"[..]));
    });
    // As where files can no longer be mapped.
    make(&|out| {
        out.content = Content::Buffer(out.buffer(50_000).unwrap());
    });
    let link = dir.path().join("link");
    symlink("out", &link).unwrap();
    assert!(create(&link).unwrap().begin(5).is_none(), "it is in use");
}

#[test]
fn many_bytes_are_cleared_like_few() {
    for len in [0, 1, 5000, BUFFER_LIMIT, BUFFER_LIMIT + 5000] {
        let mut bytes = vec![0; len];
        bytes.iter_mut().step_by(4999).for_each(|b| *b = 7);
        clear(&mut bytes);
        assert!(bytes.iter().all(|&b| b == 0), "{len}");
    }
}

#[test]
fn nothing_is_left_of_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    let mut out = create(&dir.path().join("out")).unwrap();
    out.map(100).unwrap();
    drop(out);
    let caught = std::panic::catch_unwind(|| {
        let mut out = create(&dir.path().join("out")).unwrap();
        out.map(100).unwrap();
        std::panic::resume_unwind(Box::new("quietly"));
    });
    assert!(caught.is_err());
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn a_file_beside_takes_the_name_or_goes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    let beside = || {
        let (file, temporary) = open_beside(&path).unwrap();
        OutputFile {
            name: path.clone(),
            file,
            place: Place::Beside(temporary),
            content: Content::None,
            begun: false,
        }
    };
    let mut out = beside();
    out.map(10).unwrap();
    assert_eq!(names(dir.path()).len(), 1);
    drop(out);
    assert_eq!(names(dir.path()), [""; 0]);

    let mut out = beside();
    out.map(3).unwrap().0.copy_from_slice(b"abc");
    out.commit().unwrap();
    assert_eq!(names(dir.path()), ["out"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"abc");
}

#[test]
fn a_file_that_came_in_between_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    let mut out = create(&path).unwrap();
    out.map(3).unwrap().0.copy_from_slice(b"abc");
    std::fs::write(&path, "theirs").unwrap();
    out.commit().unwrap();
    assert_eq!(names(dir.path()), ["out"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"abc");
}

#[test]
fn symbolic_links_are_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (link, target) = (dir.path().join("link"), dir.path().join("target"));
    symlink("target", &link).unwrap();

    let mut out = create(&link).unwrap();
    out.map(3).unwrap();
    drop(out);
    assert_eq!(
        names(dir.path()),
        ["link"],
        "a target made for nothing goes again"
    );

    std::fs::write(&target, "longer than before").unwrap();
    let mut out = create(&link).unwrap();
    out.map(3).unwrap().0.copy_from_slice(b"abc");
    drop(out);
    assert_eq!(
        std::fs::read(&target).unwrap().len(),
        18,
        "a failure leaves the target"
    );

    let mut out = create(&link).unwrap();
    out.map(3).unwrap().0.copy_from_slice(b"abc");
    out.commit().unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"abc");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn what_cannot_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(at("file"), "").unwrap();
    for (name, why) in [
        (at(""), "is a directory"),
        (at("none/x"), "no such file or directory"),
        (at("x/"), "is a directory"),
        (at("file/x"), "not a directory"),
        (at(&"n".repeat(300)), "file name too long"),
        (at("."), "is a directory"),
    ] {
        let got = OutputFile::create(Path::new(&name), &name)
            .err()
            .map(|e| e.to_string());
        assert_eq!(
            got,
            Some(format!("cannot create {name}: open {name}: {why}"))
        );
    }
    assert_eq!(names(dir.path()), ["file"]);
}

#[test]
fn devices_have_no_size() {
    let mut out = create(Path::new("/dev/null")).unwrap();
    let e = out.map(10).unwrap_err();
    assert_eq!(e.to_string(), "mapping output file failed: no such device");
    drop(out);
    assert!(Path::new("/dev/null").exists());
}

#[test]
fn a_file_beyond_all_limits() {
    let dir = tempfile::tempdir().unwrap();
    let mut out = create(&dir.path().join("out")).unwrap();
    let e = out.map(1 << 62).unwrap_err().to_string();
    let why = e.strip_prefix("mapping output file failed: ").unwrap();
    assert!(
        ["file too large", "no space left on device"].contains(&why),
        "{why}"
    );
}
