//! Imports and exports, ECMAScript and CommonJS.

use crate::{expect, print};

#[test]
fn imports_in_every_form() {
    expect(
        &print::modules(
            "import a, { b, c as d } from './m'; import * as n from 'n'; import 'side'; import type { T } from './t';",
        ),
        "
            takes default as a from ./m
            takes b as b from ./m
            takes c as d from ./m
            takes * as n from n
            takes nothing from side
            takes T as T from ./t, types only
        ",
    );
}

#[test]
fn exports_in_every_form() {
    expect(
        &print::modules(
            "export const a = 1, b = 2; export function f() {} export class C {} export default () => {}; const x = 1; export { x as y };",
        ),
        "
            gives a: a
            gives b: b
            gives f: f
            gives C: C
            gives default: function
            gives y: identifier
        ",
    );
}

#[test]
fn names_that_are_passed_on() {
    expect(
        &print::modules("export { a, b as c } from './m'; export * from './n'; export * as all from './o';"),
        "
            gives a: a of ./m
            gives c: b of ./m
            gives *: * of ./n
            gives all: * of ./o
        ",
    );
}

#[test]
fn commonjs_exports() {
    expect(
        &print::modules("module.exports = { a, b: () => {} }; function a() {}"),
        "
            gives =: object
            gives a: identifier
            gives b: function
        ",
    );
    expect(
        &print::modules(
            "exports.a = 1; module.exports.b = function () {}; const table = {}; exports.table = table;",
        ),
        "
            gives a: number
            gives b: function
            gives table: identifier
        ",
    );
    expect(
        &print::modules("class A {} module.exports = A; module.exports.B = A;"),
        "
            gives =: identifier
            gives B: identifier
        ",
    );
}

#[test]
fn commonjs_imports_are_paths_of_the_module() {
    expect(
        &print::places(
            "const m = require('./m'); const { a, b: c } = require('./m'); const d = require('./m').d; show(m, m.x, a, c, d, require('./m').e)",
        ),
        "
            m
            m.x
            m.a
            m.b
            m.d
            m.e
        ",
    );
}

#[test]
fn dynamic_imports_are_paths_of_the_module() {
    expect(
        &print::places(
            "async function f() { const m = await import('./m'); const { a } = await import('./m'); show(m.x, a) }",
        ),
        "
            m.x
            m.a
        ",
    );
}
