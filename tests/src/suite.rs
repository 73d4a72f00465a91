//! The test binary of the whole suite.

fn main() -> std::process::ExitCode {
    relink_tests::main()
}
