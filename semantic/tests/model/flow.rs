//! Control flow: every way from an acquire to the end of its function.

use crate::print::escape;

#[test]
fn optional_calls_and_short_circuits_branch() {
    assert_eq!(escape("const x = acquire(); x?.release()"), "released");
    assert_eq!(escape("const x = acquire(); a || release(x)"), "end");
    assert_eq!(escape("const x = acquire(); a ? release(x) : release(x)"), "released");
}

#[test]
fn loops_may_not_run() {
    assert_eq!(escape("const x = acquire(); for (const y of a) release(x)"), "end");
    assert_eq!(escape("const x = acquire(); do { release(x) } while (a)"), "released");
    assert_eq!(escape("const x = acquire(); while (true) { if (release(x)) break }"), "released");
}

#[test]
fn labelled_jumps_leave_what_they_name() {
    assert_eq!(escape("const x = acquire(); out: { if (a) break out; release(x); return }"), "end");
    assert_eq!(escape("for (const y of b) { const x = acquire(); if (y) continue; release(x) }"), "end");
}

#[test]
fn a_call_only_may_throw() {
    assert_eq!(escape("const x = acquire(); use(x); release(x)"), "perhaps throw");
    assert_eq!(escape("const x = acquire(); try { use(x) } catch { } release(x)"), "released");
}

#[test]
fn an_awaited_value_may_reject() {
    assert_eq!(escape("const x = await acquire(); await use(x); release(x)"), "throw");
    assert_eq!(escape("const x = await acquire(); try { await use(x) } finally { release(x) }"), "released");
    assert_eq!(escape("const x = await acquire(); await use(x).finally(() => release(x))"), "perhaps throw");
}

#[test]
fn the_failure_of_the_acquire_itself_holds_nothing() {
    assert_eq!(escape("try { const x = await acquire(); release(x) } catch (e) { throw e }"), "released");
}

#[test]
fn a_finally_that_returns_swallows_the_exception() {
    assert_eq!(escape("const x = acquire(); try { throw a } finally { return 1 }"), "return");
    assert_eq!(
        escape("const x = acquire(); try { throw a } catch { return release(x) } finally { b() }"),
        "released"
    );
}
