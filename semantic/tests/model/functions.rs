//! Functions and what they keep alive.

use crate::{expect, print};

#[test]
fn every_spelling_of_a_function_has_a_name() {
    expect(
        &print::functions(
            "function a() {} const b = () => {}; const c = function () {}; x.d = async () => {}; const o = { e() {}, f: () => {} }; async function* g() {}",
        ),
        "
            function a(0)
            arrow b(0)
            function c(0)
            async arrow d(0)
            method e(0)
            arrow f(0)
            async generator function g(0)
        ",
    );
}

#[test]
fn a_closure_captures_what_it_mentions_and_nothing_else() {
    expect(
        &print::functions(
            "function outer(big, small) { const unused = big; return () => { const own = 1; return small + own } }",
        ),
        "
            function outer(2)
            arrow -(0), captures small
        ",
    );
}

#[test]
fn captures_go_through_the_functions_between() {
    expect(
        &print::functions("function a(x) { return function b() { return () => x } }"),
        "
            function a(1)
            function b(0), captures x
            arrow -(0), captures x
        ",
    );
}

#[test]
fn arrows_pass_this_on() {
    expect(
        &print::functions(
            "class A { m() { return () => this.x } static s() { return function () { return this } } }",
        ),
        "
            method m(0), uses this
            arrow -(0), uses this
            static method s(0)
            function -(0), uses this
        ",
    );
}

#[test]
fn members_of_classes_are_functions() {
    expect(
        &print::functions(
            "class A { x = 1; constructor(a) {} get g() { return 1 } set g(v) {} #p() {} static s() {} }",
        ),
        "
            fieldinit -(0)
            constructor constructor(1)
            getter g(0)
            setter g(1)
            method #p(0)
            static method s(0)
        ",
    );
}
