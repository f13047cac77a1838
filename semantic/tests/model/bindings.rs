//! Scopes, declared names and what refers to them.

use crate::{expect, print};
use outlive_semantic::tables::BindingKind;

#[test]
fn each_declaration_declares_in_its_own_scope() {
    expect(
        &print::bindings("const a = 1; let b = a; function f(c) { var d = c; { let d = 2; d } return d }"),
        "
            const a of the module: 1 references, 1 values
            let b of the module: 0 references, 1 values
            function f of the module: 0 references, 1 values
            param c of f: 1 references, 0 values
            var d of f: 1 references, 1 values
            let d of f: 1 references, 1 values
        ",
    );
}

#[test]
fn var_belongs_to_the_function_and_let_to_the_block() {
    expect(
        &print::bindings("function f() { if (x) { var seen = 1; let hidden = 2 } seen; hidden }"),
        "
            function f of the module: 0 references, 1 values
            var seen of f: 1 references, 1 values
            let hidden of f: 0 references, 1 values
        ",
    );
}

#[test]
fn a_name_is_used_before_its_declaration() {
    expect(
        &print::bindings("f(); function f() { g() } var g = () => f();"),
        "
            function f of the module: 2 references, 1 values
            var g of the module: 1 references, 1 values
        ",
    );
}

#[test]
fn patterns_declare_every_name_in_them() {
    expect(
        &print::bindings("const { a, b: { c }, ...rest } = x; function f([d, e = 1], { g } = {}) {}"),
        "
            const a of the module: 0 references, 0 values + 1 opaque
            const c of the module: 0 references, 0 values + 1 opaque
            const rest of the module: 0 references, 0 values + 1 opaque
            function f of the module: 0 references, 1 values
            param d of f: 0 references, 0 values
            param e of f: 0 references, 0 values
            param g of f: 0 references, 0 values
        ",
    );
}

#[test]
fn catch_class_enum_and_import_declare() {
    expect(
        &print::bindings(
            "import x, { y as z } from 'm'; class A {} enum E { One } try { } catch (error) { error } new A(x, z, E)",
        ),
        "
            import x of the module: 1 references, 0 values
            import z of the module: 1 references, 0 values
            class A of the module: 1 references, 1 values
            enum E of the module: 1 references, 0 values
            catch error of the module: 1 references, 0 values
        ",
    );
}

#[test]
fn writes_that_are_not_one_expression_are_opaque() {
    expect(
        &print::bindings("let n = 0; n++; n += 2; [n] = list; for (n of list) {} n = 3;"),
        "
            let n of the module: 5 references, 2 values + 4 opaque
        ",
    );
}

#[test]
fn using_is_a_kind_of_its_own() {
    assert_eq!(print::kind_of("{ using handle = open() }", "handle"), BindingKind::Using);
    assert_eq!(
        print::kind_of("async function f() { await using handle = open() }", "handle"),
        BindingKind::Using
    );
}
