//! What a value is.

use crate::{expect, print};

#[test]
fn by_construction() {
    expect(
        &print::kinds(
            "const a = new Map(), b = new Set([1]), c = [], d = {}, e = 'x', f = 1, g = () => {}; show(a, b, c, d, e, f, g)",
        ),
        "
            a: Map
            b: Set
            c: Array
            d: Object
            e: finite
            f: number
            g: function g
        ",
    );
}

#[test]
fn by_import_and_inheritance() {
    expect(
        &print::kinds(
            "import { EventEmitter } from 'events'; class Bus extends EventEmitter {} const a = new EventEmitter(), b = new Bus(); show(a, b, Bus)",
        ),
        "
            a: EventEmitter
            b: instance of Bus
            Bus: class Bus
        ",
    );
    expect(
        &print::kinds(
            "const { EventEmitter } = require('events'); const E = require('events'); show(new EventEmitter(), new E())",
        ),
        "
            new events.EventEmitter(): EventEmitter
            new events(): EventEmitter
        ",
    );
}

#[test]
fn by_annotation() {
    expect(
        &print::kinds(
            "let a: Map<string, number>; let b: string[]; let c: 'x' | 'y'; let d: string; let e: number | undefined; let f: Record<string, number>; show(a, b, c, d, e, f)",
        ),
        "
            a: Map
            b: Array
            c: finite
            d: text
            e: number
            f: Object
        ",
    );
}

#[test]
fn by_field() {
    expect(
        &print::kinds(
            "class A { rows = new Map(); constructor(private readonly names: Set<string>) { this.list = []; show(this.rows, this.names, this.list) } }",
        ),
        "
            this.rows: Map
            this.names: Set
            this.list: Array
        ",
    );
}

#[test]
fn by_callback_position() {
    expect(
        &print::kinds("import http from 'http'; http.createServer((req) => { show(req, req.socket) })"),
        "
            req: Request
            req.socket: Socket
        ",
    );
}

#[test]
fn by_what_a_function_returns() {
    expect(
        &print::kinds(
            "function make() { return new Map() } const a = make(); const b = a || new Map(); show(a, b)",
        ),
        "
            a: Map
            a: Map
        ",
    );
}

#[test]
fn by_get_or_create() {
    expect(
        &print::kinds(
            "let a; function f() { a ??= new Set(); show(a) } const b = global.b = global.b || new Map(); show(b)",
        ),
        "
            a: Set
            b: Map
        ",
    );
}
