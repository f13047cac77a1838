//! References and what is done through them.

use crate::{expect, print};

#[test]
fn what_is_done_with_a_name() {
    expect(
        &print::uses(
            "let x; x.add(1); x(); new x(); f(x); x = 1; x += 2; delete x.y; return_(x); if (x) {} [...x]; for (const e of x) {}",
        ),
        "
            x: calls add in the module
            x: called in the module
            x: constructed in the module
            f: called in the module
            x: argument 0 in the module
            x: assigned in the module
            x: updated in the module
            x.y: deleted in the module
            return_: called in the module
            x: argument 0 in the module
            x: tested in the module
            x: spread in the module
            x: iterated in the module
        ",
    );
}

#[test]
fn fields_elements_and_this_are_paths() {
    expect(
        &print::uses("class A { m(k) { this.table[k].push(1); this.a.b.c; this?.table?.get(k) } }"),
        "
            this.table[…]: calls push in m
            k: read in m
            this.a.b.c: read in m
            this.table: calls get in m
            this.table[…]: read in m
            k: argument 0 in m
        ",
    );
}

#[test]
fn an_alias_is_the_thing_itself() {
    expect(
        &print::places(
            "const table = new Map(); function f() { const t = table; const { size } = t; show(t, size) }",
        ),
        "
            table
            table.size
        ",
    );
}

#[test]
fn destructured_fields_are_paths() {
    expect(
        &print::places(
            "const state = { a: [] }; const { a: list } = state; const [first] = list; show(list, first)",
        ),
        "
            state.a
            state.a[…]
        ",
    );
}

#[test]
fn loop_variables_are_elements() {
    expect(
        &print::places("const all = []; for (const one of all) show(one); all.forEach((it) => show(it))"),
        "
            all[…]
            all[…]
        ",
    );
}
