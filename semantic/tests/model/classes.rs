//! Classes in every style.

use crate::{expect, print};

#[test]
fn a_class_with_fields_and_methods() {
    expect(
        &print::classes(
            "class Cache extends Base { rows = new Map(); #max = 1; static all = []; get(k) {} evict = () => {} }\nclass Base {}",
        ),
        "
            class Cache extends Base { rows, #max, static all, get(), evict() }
            class Base {  }
        ",
    );
}

#[test]
fn parameter_properties_are_fields() {
    expect(
        &print::classes(
            "class Service { constructor(private readonly db: Db, public name = 'x', plain: number) {} }",
        ),
        "
            class Service { db, name, constructor() }
        ",
    );
}

#[test]
fn a_constructor_with_a_prototype_is_a_class() {
    expect(
        &print::classes(
            "function Queue() { this.items = [] } Queue.prototype.put = function (x) {}; Queue.prototype.take = function () {};",
        ),
        "
            constructor Queue { put(), take() }
        ",
    );
}

#[test]
fn a_prototype_written_as_one_object_is_a_class() {
    expect(
        &print::classes(
            "function Queue() { this.items = [] } Queue.prototype = { put: function (x) { this.items.push(x) } };",
        ),
        "
            constructor Queue { put() }
        ",
    );
}

#[test]
fn an_object_whose_methods_use_this_is_a_class() {
    expect(
        &print::classes("const store = { rows: {}, put(k, v) { this.rows[k] = v } };"),
        "
            object store { put() }
        ",
    );
}

#[test]
fn classes_inherit_from_what_is_imported() {
    expect(
        &print::classes(
            "import { EventEmitter } from 'events'; import { Other } from './other'; class A extends EventEmitter {} class B extends Other {}",
        ),
        "
            class A extends <EventEmitter> {  }
            class B extends Other {  }
        ",
    );
}
