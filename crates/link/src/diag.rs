//! What a link says: errors as cmd/link words, counts and ends over them, and the `-v` log.
//!
//! An error does not end the program where it is found. It gives a [`Stop`] when the link has
//! to end, which passes hand up, so that files are cleaned up on the way.

mod unresolved;

pub use unresolved::UnresolvedSymbols;

use crate::benchmark::Phases;
use crate::end::panic_text;
use std::fmt::Display;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use symbols::load::{Problem, Severity};

/// Errors printed, unless there is no limit, before the link ends.
const MAX_ERRORS: u32 = 20;

/// The link ends; all is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Stop {
    /// Exit status.
    pub status: i32,
}

/// How errors are treated and what is said.
#[derive(Clone, Default, Debug)]
pub struct DiagOptions {
    /// The program's name (`os.Args[0]`).
    pub argv0: String,
    /// The first error is a panic (`-h`).
    pub halt: bool,
    /// Errors are not limited (`-e`).
    pub all_errors: bool,
    /// Number of `-v`.
    pub verbose: u32,
}

/// Collects and prints what a link says. Passes share it, also between threads.
pub struct Diag {
    options: DiagOptions,
    errors: AtomicU32,
    /// Whether the link fails without errors.
    fails: AtomicBool,
    streams: Mutex<Streams>,
    /// Times the phases.
    pub phases: Phases,
}

struct Streams {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Something has ended the link; what other threads still have to say is not heard.
    ended: bool,
}

impl Diag {
    /// To the program's own streams.
    pub fn new(options: DiagOptions, phases: Phases) -> Diag {
        Diag {
            phases,
            ..Diag::with_streams(options, std::io::stdout(), std::io::stderr())
        }
    }

    /// To given streams: results and log, and errors.
    pub fn with_streams(
        options: DiagOptions,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> Diag {
        Diag {
            options,
            errors: AtomicU32::new(0),
            fails: AtomicBool::new(false),
            streams: Mutex::new(Streams {
                out: Box::new(out),
                err: Box::new(err),
                ended: false,
            }),
            phases: Phases::off(),
        }
    }

    /// An error; the link goes on to find more, unless there are too many (`Errorf`).
    ///
    /// # Errors
    ///
    /// The link ends: it was one too many, or `-h` is given.
    pub fn error(&self, text: impl Display) -> Result<(), Stop> {
        let mut s = self.streams();
        if s.ended {
            return Err(Stop { status: 2 });
        }
        let _ = writeln!(s.err, "{text}");
        let errors = self.errors.fetch_add(1, Ordering::Relaxed) + 1;
        if self.options.halt {
            return Err(s.halt());
        }
        if errors > MAX_ERRORS && !self.options.all_errors {
            return Err(self.exit_in(&mut s, "too many errors"));
        }
        Ok(())
    }

    /// An error about a symbol (`loader.Errorf`); one without a name is called by its number.
    ///
    /// # Errors
    ///
    /// The link ends, as with [`Diag::error`].
    pub fn symbol_error(&self, name: &[u8], number: u32, text: impl Display) -> Result<(), Stop> {
        match name {
            b"" => self.error(format_args!("sym {number}: {text}")),
            name => self.error(format_args!("{}: {text}", crate::text::lossy(name))),
        }
    }

    /// An error that ends the link at once (`Exitf`).
    pub fn exit(&self, text: impl Display) -> Stop {
        let mut s = self.streams();
        if s.ended {
            return Stop { status: 2 };
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        self.exit_in(&mut s, text)
    }

    fn exit_in(&self, s: &mut Streams, text: impl Display) -> Stop {
        let _ = writeln!(s.err, "{}: {text}", self.options.argv0);
        if self.options.halt {
            return s.halt();
        }
        s.ended = true;
        Stop { status: 2 }
    }

    /// An error that ends the link at once and says by itself who speaks.
    pub fn exit_plain(&self, text: impl Display) -> Stop {
        let mut s = self.streams();
        if !s.ended {
            let _ = writeln!(s.err, "{text}");
            s.ended = true;
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        Stop { status: 2 }
    }

    /// An error that is a panic in cmd/link.
    pub fn panic(&self, text: impl Display) -> Stop {
        let mut s = self.streams();
        if !s.ended {
            let _ = write!(s.err, "{}", panic_text(&text.to_string()));
            s.ended = true;
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        Stop { status: 2 }
    }

    /// An error that ends the link at once, said and counted otherwise (`log.Fatalf`).
    pub fn fatal(&self, text: impl Display) -> Stop {
        let mut s = self.streams();
        if !s.ended {
            let _ = writeln!(s.err, "link: {text}");
            s.ended = true;
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        Stop { status: 1 }
    }

    /// A line on standard error that is no error.
    pub fn notice(&self, text: impl Display) {
        let mut s = self.streams();
        if !s.ended {
            let _ = writeln!(s.err, "{}: {text}", self.options.argv0);
        }
    }

    /// A line on standard error that is no error and says by itself who speaks.
    pub fn notice_plain(&self, text: impl Display) {
        let mut s = self.streams();
        if !s.ended {
            let _ = writeln!(s.err, "{text}");
        }
    }

    /// Begins a phase; see [`Phases::start`].
    pub fn phase(&self, name: &str) {
        self.phases.start(name);
    }

    /// What loading found.
    ///
    /// # Errors
    ///
    /// The link ends over it.
    pub fn problem(&self, problem: &Problem) -> Result<(), Stop> {
        let text = &problem.text;
        match problem.severity {
            Severity::Error => self.error(text),
            Severity::Exit => Err(self.exit(text)),
            Severity::Fatal => Err(self.fatal(text.strip_prefix("link: ").unwrap_or(text))),
            Severity::Log => {
                self.log(text);
                Ok(())
            }
            Severity::Notice => {
                self.notice(text);
                Ok(())
            }
        }
    }

    /// Number of errors so far.
    pub fn errors(&self) -> u32 {
        self.errors.load(Ordering::Relaxed)
    }

    /// Counts an error that has been said.
    pub fn count_error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets whether the link fails in the end even without an error, as it does over differing
    /// duplicates under `-strictdups=2`.
    pub fn fail_in_the_end(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }

    /// Ends the link if there were errors (`exitIfErrors`).
    ///
    /// # Errors
    ///
    /// There were.
    pub fn exit_if_errors(&self) -> Result<(), Stop> {
        match self.errors() == 0 && !self.fails.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(Stop { status: 2 }),
        }
    }

    /// Whether `-v` was given at least `level` times.
    pub fn verbose(&self, level: u32) -> bool {
        self.options.verbose >= level
    }

    /// A line of the log, on standard output (`Logf`).
    pub fn log(&self, text: impl Display) {
        self.print(format_args!("{text}\n"));
    }

    /// A line of the log from `level` times `-v` on.
    pub fn log_at(&self, level: u32, text: impl FnOnce() -> String) {
        if self.verbose(level) {
            self.log(text());
        }
    }

    /// Bytes on standard output.
    pub fn print_bytes(&self, bytes: &[u8]) {
        let mut s = self.streams();
        if !s.ended {
            let _ = s.out.write_all(bytes);
            let _ = s.out.flush();
        }
    }

    /// Text on standard output.
    pub fn print(&self, text: impl Display) {
        let mut s = self.streams();
        if !s.ended {
            let _ = write!(s.out, "{text}");
            let _ = s.out.flush();
        }
    }

    /// The message about an object's identification line, if it is not the one wanted
    /// (`ld/lib.go:ldobj`).
    ///
    /// # Errors
    ///
    /// The link ends, as with [`Diag::error`].
    pub fn check_header(&self, object: &str, have: &[u8], want: &str) -> Result<(), Stop> {
        let have_line = have.strip_suffix(b"\n").unwrap_or(have);
        if have_line == want.trim_end_matches('\n').as_bytes() {
            return Ok(());
        }
        let have = crate::text::quote(&[have_line, b"\n"].concat());
        let want = crate::text::quote(want.as_bytes());
        // cmd/link ends the text with a line feed, and each error with another.
        self.error(format_args!(
            "{object}: linked object header mismatch:\nhave {have}\nwant {want}\n"
        ))
    }

    fn streams(&self) -> std::sync::MutexGuard<'_, Streams> {
        // A panic while printing leaves nothing half done.
        self.streams.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Streams {
    fn halt(&mut self) -> Stop {
        let _ = write!(self.err, "{}", panic_text("error"));
        self.ended = true;
        Stop { status: 2 }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::Arc;

    /// A stream whose text can be read back.
    #[derive(Clone, Default)]
    pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(buf)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Shared {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    pub(crate) fn diag(options: DiagOptions) -> (Diag, Shared, Shared) {
        let (out, err) = (Shared::default(), Shared::default());
        let argv0 = "tool/link".to_string();
        let options = DiagOptions { argv0, ..options };
        let diag = Diag::with_streams(options, out.clone(), err.clone());
        (diag, out, err)
    }

    #[test]
    fn the_twenty_first_error_is_one_too_many() {
        let (d, _, err) = diag(DiagOptions::default());
        for i in 0..20 {
            assert_eq!(d.error(i), Ok(()));
        }
        assert_eq!(d.error("last"), Err(Stop { status: 2 }));
        assert!(
            err.text()
                .ends_with("19\nlast\ntool/link: too many errors\n")
        );
        assert_eq!(d.error("unheard"), Err(Stop { status: 2 }));
        assert_eq!(err.text().lines().count(), 22);

        let all_errors = true;
        let (d, _, _) = diag(DiagOptions {
            all_errors,
            ..Default::default()
        });
        assert!((0..100).all(|i| d.error(i).is_ok()));
        assert_eq!(d.exit_if_errors(), Err(Stop { status: 2 }));
    }

    #[test]
    fn each_kind_of_end() {
        let halt = true;
        let (d, _, err) = diag(DiagOptions {
            halt,
            ..Default::default()
        });
        assert_eq!(d.error("e"), Err(Stop { status: 2 }));
        assert_eq!(err.text(), "e\npanic: error\n\ngoroutine 1 [running]:\n");

        let (d, _, err) = diag(DiagOptions {
            halt,
            ..Default::default()
        });
        assert_eq!(d.exit("e").status, 2);
        assert_eq!(
            err.text(),
            "tool/link: e\npanic: error\n\ngoroutine 1 [running]:\n"
        );

        let (d, out, err) = diag(DiagOptions::default());
        assert_eq!(d.exit_if_errors(), Ok(()));
        d.notice("n");
        d.log("l");
        assert_eq!(d.fatal("f").status, 1);
        d.log("unheard");
        assert_eq!(
            (out.text().as_str(), err.text().as_str()),
            ("l\n", "tool/link: n\nlink: f\n")
        );
        assert!(d.exit_if_errors().is_err());
    }

    #[test]
    fn problems_of_loading() {
        let text = || "link: x".to_string();
        for (severity, ends, out, err) in [
            (Severity::Error, false, "", "link: x\n"),
            (Severity::Exit, true, "", "tool/link: link: x\n"),
            (Severity::Fatal, true, "", "link: x\n"),
            (Severity::Log, false, "link: x\n", ""),
            (Severity::Notice, false, "", "tool/link: link: x\n"),
        ] {
            let (d, o, e) = diag(DiagOptions::default());
            let text = text();
            assert_eq!(d.problem(&Problem { severity, text }).is_err(), ends);
            assert_eq!((o.text().as_str(), e.text().as_str()), (out, err));
        }
    }

    #[test]
    fn headers() {
        let (d, _, err) = diag(DiagOptions::default());
        assert_eq!(
            d.check_header("x.a(y.o)", b"go object a\n", "go object a\n"),
            Ok(())
        );
        assert_eq!(
            d.check_header("x.a(y.o)", b"go object a", "go object a\n"),
            Ok(())
        );
        assert_eq!(
            d.check_header("x.a(y.o)", b"go object b", "go object a\n"),
            Ok(())
        );
        assert_eq!(
            err.text(),
            "x.a(y.o): linked object header mismatch:\nhave \"go object b\\n\"\n\
             want \"go object a\\n\"\n\n"
        );
        assert_eq!(d.errors(), 1);
    }

    #[test]
    fn symbols_without_a_name_have_a_number() {
        let (d, _, err) = diag(DiagOptions::default());
        d.symbol_error(b"main.main", 7, "bad").unwrap();
        d.symbol_error(b"", 7, "bad").unwrap();
        assert_eq!(err.text(), "main.main: bad\nsym 7: bad\n");
    }
}
