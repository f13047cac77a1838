//! What is put at the root of an application: a component that is made once for each mount, not once for each view.

pub use crate::calls::edge::Shown;
use crate::calls::edge::{Calls, Edge, Target};
use crate::calls::frameworks::{decorator_rows, framework_edge};
use crate::calls::target::named_target;
use crate::calls::template::is_of_template;
use crate::catalog::{Shows, When};
use crate::index::{ClassId, NodeId};
use crate::model::Model;
use crate::place::Root;
use crate::tree::Kind;

/// Calls that mount something: `createRoot(el).render(<App/>)`, `createApp(App)`, `new App({ target })`.
pub(crate) fn mount_edges(model: &Model<'_>, call: NodeId, out: &mut Calls) {
    let tree = &model.file.tree;
    let mounted = model.rows(call).iter().find_map(|row| row.mounts);
    if let Some(value) = mounted.and_then(|at| tree.arg(call, usize::from(at))) {
        mount(model, call, value, 4, out);
    }
    if let Some(callee) = tree.callee(call).filter(|&callee| is_markup_component(model, call, callee)) {
        mount(model, call, callee, 1, out);
    }
}

/// `new App({ target: document.body })`, of a component that stands in a file of its own.
fn is_markup_component(model: &Model<'_>, call: NodeId, callee: NodeId) -> bool {
    let tree = &model.file.tree;
    let Root::Module(source) = model.file.place(callee).root else { return false };
    let has_target = || tree.arg(call, 0).is_some_and(|options| tree.property(options, "target").is_some());
    tree.kind(call) == Kind::New && tree.text(source).ends_with(".svelte") && has_target()
}

/// Notes what stands at the root in a value that is mounted. Elements are noted where they are written.
fn mount(model: &Model<'_>, site: NodeId, value: NodeId, fuel: u32, out: &mut Calls) {
    let Some(fuel) = fuel.checked_sub(1) else { return };
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::JsxElement => {}
        Kind::Function => {
            let Some(func) = tree.function(value) else { return };
            for returned in model.returned_values(func) {
                mount(model, site, returned, fuel, out);
            }
        }
        Kind::Call => {
            let made = is_element_maker(model, value).then(|| tree.arg(value, 0)).flatten();
            made.into_iter().for_each(|made| mount(model, site, made, fuel, out));
        }
        Kind::Object => parts_of_options(model, site, value, fuel, out),
        _ => mount_named(model, site, value, fuel, out),
    }
}

/// The options of a root component: what is mixed into it, and what it shows.
fn parts_of_options(model: &Model<'_>, site: NodeId, options: NodeId, fuel: u32, out: &mut Calls) {
    let tree = &model.file.tree;
    let mixins = tree.property(options, "mixins").filter(|&mixins| tree.kind(mixins) == Kind::Array);
    for mixin in mixins.into_iter().flat_map(|mixins| tree.children(mixins)) {
        mount(model, site, mixin, fuel, out);
    }
    for name in ["extends", "render"] {
        if let Some(part) = tree.property(options, name) {
            mount(model, site, part, fuel, out);
        }
    }
}

fn mount_named(model: &Model<'_>, site: NodeId, value: NodeId, fuel: u32, out: &mut Calls) {
    let tree = &model.file.tree;
    if !matches!(tree.kind(value), Kind::Identifier | Kind::Member) {
        return;
    }
    if let Some(class) = model.class_of(value) {
        let node = model.file.class(class).node;
        if tree.kind(node) == Kind::Object {
            parts_of_options(model, site, node, fuel, out);
        }
    }
    if let Some(target) = named_target(model, value) {
        out.edges.push(root_edge(model, target, site));
    }
}

fn root_edge(model: &Model<'_>, target: Target, site: NodeId) -> Edge {
    let tree = &model.file.tree;
    let edge = framework_edge(target, When::Caller, tree.span(site), "mounted");
    Edge { caller: tree.func(site), shown: Some(at_root(model, site)), ..edge }
}

/// How a call shows what it mounts: in an element that the page has once it stays, unless somebody takes it out again.
fn at_root(model: &Model<'_>, site: NodeId) -> Shown {
    let tree = &model.file.tree;
    // `createRoot(element).render(…)`
    let made = tree.method_call(site).map(|(root, _)| root).filter(|&root| tree.kind(root) == Kind::Call);
    let args = tree.args(site).chain(made.into_iter().flat_map(|made| tree.args(made)));
    let is_taken_out = || model.all_calls().iter().any(|&call| takes_out(model, call));
    // Who has a name may be called again, to show something else: `update(rows)`.
    let is_callback = || tree.argument_of(model.file.function(tree.func(site)).node).is_some();
    if args.into_iter().any(|arg| is_of_page(model, arg)) && is_callback() && !is_taken_out() {
        return Shown::Page;
    }
    Shown::Root
}

/// `root.unmount()`, `render(null, element)`
fn takes_out(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee));
    let shows = || model.rows(call).iter().find_map(|row| row.mounts);
    matches!(name, Some("unmount" | "unmountComponentAtNode"))
        || name == Some("render")
            && shows()
                .and_then(|at| tree.arg(call, usize::from(at)))
                .is_some_and(|shown| tree.kind(shown) == Kind::Null)
}

/// `document.getElementById('app')`, `document.body`, or a constant that is one.
fn is_of_page(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Member => tree.name(value) == Some("body"),
        Kind::Call => {
            let is_look_up = |name| matches!(name, "getElementById" | "querySelector");
            tree.method_call(value).is_some_and(|(_, name)| is_look_up(name))
                && tree.arg(value, 0).is_some_and(|name| model.file.constant_name(name).is_some())
        }
        Kind::Identifier => model
            .file
            .value_of(value)
            .is_some_and(|only| tree.kind(only) != Kind::Identifier && is_of_page(model, only)),
        _ => false,
    }
}

/// `h(App)`, `React.createElement(App)`
fn is_element_maker(model: &Model<'_>, call: NodeId) -> bool {
    let name = model.file.tree.callee(call).and_then(|callee| model.callee_name(callee));
    name.is_some_and(|name| model.catalog.calls_named(name).any(|row| row.makes_element))
}

/// The components that a decorator puts at the root: those its options name, or the class it stands on.
pub(crate) fn decorated_roots(model: &Model<'_>, class: ClassId, out: &mut Calls) {
    let tree = &model.file.tree;
    let row = model.file.class(class);
    for &decorator in &row.decorators {
        let Some(expr) = tree.first(decorator) else { continue };
        for (found, _) in decorator_rows(model, &[decorator], true) {
            if found.root {
                out.edges.push(root_edge(model, Target::Class(class), row.node));
            }
            let Some(option) = &found.mounts else { continue };
            let named = tree.args(expr).find_map(|options| tree.property(options, option));
            let list = named.filter(|&list| tree.kind(list) == Kind::Array);
            for component in list.into_iter().flat_map(|list| tree.children(list)) {
                mount(model, row.node, component, 1, out);
            }
        }
    }
}

/// How an element comes to be shown: by its place among the elements, calls and functions around it.
pub(crate) fn shown_as(model: &Model<'_>, element: NodeId) -> Shown {
    let tree = &model.file.tree;
    if is_of_template(model, element) {
        return shown_by_template(model, element);
    }
    let (mut is_plain, mut child) = (true, element);
    for parent in tree.ancestors(element) {
        match tree.kind(parent) {
            Kind::JsxElement if is_route(model, parent) => return Shown::Maybe,
            Kind::JsxElement => is_plain &= shows_its_children(model, parent),
            Kind::Return | Kind::Array => {}
            Kind::Call | Kind::New if is_mounted(model, parent, child) => return at_root(model, parent),
            // `render(() => <App/>, el)`
            Kind::Function if is_handed_to_mount(model, parent) => return Shown::Root,
            Kind::Block | Kind::Function if is_plain && shows_one_thing(model, element) => {
                return Shown::Always;
            }
            _ => return Shown::Maybe,
        }
        child = parent;
    }
    Shown::Maybe
}

/// How a template shows a component: what is in a list or in a slot of another is in a function of its own.
fn shown_by_template(model: &Model<'_>, element: NodeId) -> Shown {
    let tree = &model.file.tree;
    let mut how = Shown::Always;
    for parent in tree.within_function(element) {
        match tree.kind(parent) {
            Kind::JsxElement if !is_route(model, parent) && shows_its_children(model, parent) => {}
            Kind::Conditional => how = Shown::Asked,
            _ => return Shown::Maybe,
        }
    }
    if model.file.template == Some(tree.func(element)) { how } else { Shown::Maybe }
}

fn is_mounted(model: &Model<'_>, call: NodeId, value: NodeId) -> bool {
    let at = model.rows(call).iter().find_map(|row| row.mounts);
    at.is_some_and(|at| model.file.tree.arg(call, usize::from(at)) == Some(value))
}

fn is_handed_to_mount(model: &Model<'_>, function: NodeId) -> bool {
    model.file.tree.argument_of(function).is_some_and(|(call, _)| is_mounted(model, call, function))
}

/// What a router shows comes and goes.
fn is_route(model: &Model<'_>, element: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_path = |part: NodeId| tree.kind(part) == Kind::JsxAttribute && tree.name(part) == Some("path");
    let name = tree.first(element).and_then(|tag| model.callee_name(tag));
    name.is_some_and(|name| model.catalog.shows(name) == Some(Shows::Sometimes))
        || tree.children(element).any(is_path)
}

/// Elements of the page, fragments, providers and routers show what is put into them; of other components nobody knows.
fn shows_its_children(model: &Model<'_>, element: NodeId) -> bool {
    let tree = &model.file.tree;
    // A fragment has no name.
    let Some(tag) = tree.first(element) else { return true };
    let is_wrapper = |name: &str| model.catalog.shows(name) == Some(Shows::Always);
    tree.kind(tag) == Kind::String || model.callee_name(tag).is_some_and(is_wrapper)
}

/// A function that can also return something else takes what it shows away again.
fn shows_one_thing(model: &Model<'_>, element: NodeId) -> bool {
    model.returned_values(model.file.tree.func(element)).len() == 1
}
