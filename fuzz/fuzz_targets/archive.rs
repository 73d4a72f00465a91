//! Members and text headers of archives: offsets stay inside the file, and the
//! walk ends.
#![no_main]

use goobj::{Archive, TextHeader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(archive) = Archive::open(bytes) else {
        return;
    };
    let mut end = 0;
    for member in archive {
        let Ok(member) = member else {
            break;
        };
        assert!(member.offset >= end, "members overlap");
        end = member.offset + member.data.len();
        assert_eq!(&bytes[member.offset..end], member.data);
        if let Ok(header) = TextHeader::split(member.data) {
            assert_eq!(&member.data[header.object_offset..], header.object);
        }
    }
});
