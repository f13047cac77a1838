//! How often code runs and how long things live, over one or more files.

use crate::{expect, print};

#[test]
fn entry_points_drive_what_they_call() {
    expect(
        &print::project(&[(
            "server.ts",
            "import http from 'http'; const seen = new Set(); function note(url) { seen.add(url) } function start() { seen.clear() } start(); http.createServer(function handle(req) { note(req.url); show(seen) })",
        )]),
        "
            note runs per request
            start runs once
            handle runs per request
            seen lives as long as the process
        ",
    );
}

#[test]
fn intervals_are_jobs_and_array_callbacks_run_in_a_loop() {
    expect(
        &print::project(&[(
            "a.ts",
            "setInterval(function tick() { [1].forEach(function each(n) { use(n) }) }, 1000)",
        )]),
        "
            tick runs per job
            each runs per job in a loop
        ",
    );
}

#[test]
fn exports_run_on_every_call_of_others() {
    expect(
        &print::project(&[(
            "a.ts",
            "export function put(k) { hidden(k) } function hidden(k) {} function unused() {}",
        )]),
        "
            put runs on every call (by convention)
            hidden runs on every call (by convention)
            unused runs ?
        ",
    );
}

#[test]
fn methods_of_what_a_function_returns_run_when_they_are_called() {
    expect(
        &print::project(&[(
            "a.js",
            "const list = (function () { function add(k) {} return { add: add, size: () => 0 } })(); setInterval(function tick() { list.add(1) }, 1000)",
        )]),
        "
            an anonymous function runs once
            add runs per job
            size runs on every call (by convention)
            tick runs per job
        ",
    );
    expect(
        &print::project(&[
            (
                "store.ts",
                "export function open() { const store = { put(k) { note(k) }, has: (k) => false }; return store } function note(k) {}",
            ),
            (
                "server.ts",
                "import http from 'http'; import { open } from './store'; const store = open(); http.createServer(function handle(req) { store.put(req.url) })",
            ),
        ]),
        "
            open runs once
            put runs per request
            has runs on every call (by convention)
            note runs per request
            handle runs per request
        ",
    );
}

#[test]
fn a_caller_in_another_file_is_found() {
    expect(
        &print::project(&[
            ("log.ts", "export const lines = []; export function log(line) { lines.push(line) }"),
            (
                "server.ts",
                "import http from 'http'; import { log, lines } from './log'; http.createServer(function handle(req) { log(req.url); show(lines) })",
            ),
        ]),
        "
            log runs per request
            handle runs per request
            lines lives as long as the process
        ",
    );
}

#[test]
fn calls_in_tests_do_not_count() {
    expect(
        &print::project(&[
            ("once.ts", "export function once() {}"),
            ("main.ts", "import { once } from './once'; once();"),
            ("once.test.ts", "import { once } from './once'; for (;;) once();"),
        ]),
        "
            once runs once
        ",
    );
}

#[test]
fn an_instance_lives_as_its_class_is_made() {
    expect(
        &print::project(&[(
            "a.ts",
            "import http from 'http'; class Cache { rows = new Map(); show() { show(this.rows) } } class Job { parts = []; show() { show(this.parts) } } const cache = new Cache(); http.createServer(function handle() { cache.show(); new Job().show() })",
        )]),
        "
            Cache runs once
            Cache.show runs per request
            Job runs per request
            Job.show runs per request
            handle runs per request
            this.rows lives as long as the only one of its kind
            this.parts lives as long as one of many
        ",
    );
}

#[test]
fn a_factory_that_runs_once_makes_a_singleton() {
    expect(
        &print::project(&[(
            "a.ts",
            "import http from 'http'; function create() { const seen = new Set(); return function isNew(id) { seen.add(id); show(seen) } } const isNew = create(); http.createServer(function handle(req) { isNew(req.url) })",
        )]),
        "
            create runs once
            isNew runs on every call (by convention)
            handle runs per request
            seen lives as long as the only one of its kind
        ",
    );
}

#[test]
fn a_function_of_another_file_on_a_prototype_sees_the_instance() {
    expect(
        &print::project(&[
            (
                "a.js",
                "const { drop } = require('./b'); function Store() { this.rows = new Map(); } Store.prototype.drop = drop; const store = new Store(); require('http').createServer(function handle() { store.drop() })",
            ),
            ("b.js", "function drop() { show(this.rows); this.rest() } module.exports = { drop };"),
        ]),
        "
            Store.Store runs once
            handle runs per request
            drop runs per request
            this.rows lives as long as the only one of its kind
        ",
    );
}

#[test]
fn a_function_on_two_prototypes_sees_nobody_in_particular() {
    expect(
        &print::project(&[
            (
                "a.js",
                "const { drop } = require('./b'); function A() { this.rows = new Map(); } A.prototype.drop = drop; function B() { this.rows = new Map(); } B.prototype.drop = drop; const a = new A(); new B(); require('http').createServer(function handle() { a.drop() })",
            ),
            ("b.js", "function drop() { show(this.rows) } module.exports = { drop };"),
        ]),
        "
            A.A runs once
            B.B runs once
            handle runs per request
            drop runs per request
            this.rows lives nobody knows how long
        ",
    );
}

#[test]
fn an_object_of_another_file_is_part_of_the_class_that_it_is_copied_onto() {
    expect(
        &print::project(&[
            (
                "a.js",
                "class Hub { constructor() { this.rows = new Map() } } Object.assign(Hub.prototype, require('./b')); const hub = new Hub(); require('http').createServer(function handle() { hub.leave() })",
            ),
            ("b.js", "module.exports = { leave() { show(this.rows) } };"),
        ]),
        "
            Hub.constructor runs once
            handle runs per request
            exports.leave runs per request
            this.rows lives as long as the only one of its kind
        ",
    );
}

#[test]
fn a_mixin_of_another_file_works_on_the_instances_of_the_class_it_is_mixed_into() {
    expect(
        &print::project(&[
            (
                "a.js",
                "import http from 'http'; import { Closing } from './b'; class Base { constructor() { this.rows = new Map() } } class Store extends Closing(Base) {} const store = new Store(); http.createServer(function handle() { store.drop() })",
            ),
            ("b.js", "export const Closing = Base => class extends Base { drop() { show(this.rows) } };"),
        ]),
        "
            Base.constructor runs once
            handle runs per request
            Closing runs once
            drop runs per request
            this.rows lives as long as the only one of its kind
        ",
    );
}
