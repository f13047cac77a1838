//! What adds to collections, what takes away, under what keys.

use crate::{expect, print};

#[test]
fn growth_and_release_of_each_container() {
    expect(
        &print::collections(
            "const m = new Map(), l = [], o = {}; function f(k) { m.set(k, 1); l.push(k); o[k] = 1 } function g(k) { m.delete(k); l.length = 0; delete o[k] }",
        ),
        "
            m: grow(set) in f, keys open
            l: grow(push) in f, keys none
            o: grow(key) in f, keys open
            m: release in g
            l: release in g
            o: release in g
        ",
    );
}

#[test]
fn reassignment_grows_releases_or_resets() {
    expect(
        &print::collections(
            "let l = []; function f(x) { l = [...l, x] } function g(x) { l = l.filter((y) => y !== x) } function h() { l = [] }",
        ),
        "
            l: grow(rebuild) in f, keys none
            l: read in f
            l: release in g
            l: read in g
            l: reset in h
        ",
    );
}

#[test]
fn keys_are_finite_fresh_or_open() {
    expect(
        &print::collections(
            "const m = new Map(); enum E { One } function f(id: string) { m.set('a', 1); m.set(E.One, 1); m.set({}, 1); m.set(id, 1); m.set(id.length, 1) }",
        ),
        "
            m: grow(set) in f, keys finite
            m: grow(set) in f, keys finite
            E.One: escape in f
            m: grow(set) in f, keys fresh
            m: grow(set) in f, keys open
            m: grow(set) in f, keys number
        ",
    );
}

#[test]
fn a_helper_acts_for_its_caller() {
    expect(
        &print::collections(
            "const m = new Map(); function put(t, k) { t.set(k, 1) } function drop(t, k) { t.delete(k) } function f(k) { put(m, k); drop(m, k) }",
        ),
        "
            m: grow(set) in f, keys open
            m: release in f
        ",
    );
}

#[test]
fn a_function_that_is_not_in_sight_may_do_anything() {
    expect(
        &print::collections(
            "import { report } from './r'; const l = []; export function f(x) { l.push(x); report(l) }",
        ),
        "
            l: grow(push) in f, keys none
            l: escape in f
        ",
    );
}

#[test]
fn what_never_runs_takes_nothing_away() {
    expect(
        &print::collections(
            "const l = []; export function f(x) { l.push(x) } function reset() { l.length = 0 }",
        ),
        "
            l: grow(push) in f, keys none
        ",
    );
}

#[test]
fn fixed_names_are_no_growth() {
    expect(
        &print::collections(
            "const o = {}; function f(x, k) { Object.assign(o, { a: x }); Object.assign(o, { [k]: x }) }",
        ),
        "
            o: read in f
            o: grow(key) in f, keys none
        ",
    );
}
