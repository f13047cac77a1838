//! Effects that run again for the same target: `useEffect(() => { ref.current.addEventListener(…) }, [value])`. What a
//! component keeps from one render to the next gets one more listener with each run.

use crate::claim::Note;
use crate::finding::Role;
use crate::rule::FileView;
use crate::shown::is_state;
use crate::slot::{component_of_ref, is_effect_callback};
use outlive_semantic::access::{Usage, usage};
use outlive_semantic::guard;
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// What makes the effect around a registration run again while its component keeps the target; none if nothing does, or if
/// each run may find another target.
pub(super) fn runs_again(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    let model = file.model;
    let tree = &model.file.tree;
    let func = registration.func;
    let component = model.file.function(func).parent.filter(|outer| outer.index() != 0)?;
    let [handed] = model.handed(func) else { return None };
    if registration.once || !is_effect_callback(model, func) || !calls_hook(model, handed.call) {
        return None;
    }
    if !is_kept(file, registration, component) || is_function_kept(model, registration, component) {
        return None;
    }
    let (message, at) = match tree.arg(handed.call, 1) {
        None => ("the effect runs after every render".to_owned(), handed.call),
        Some(told) if tree.kind(told) == Kind::Array => {
            let effect = Effect { file, component, target: &registration.place };
            let changed = tree.children(told).find(|&dependency| effect.is_told(dependency))?;
            let shown = model.file.display(&model.file.place(changed));
            (format!("the effect runs again when `{shown}` changes"), changed)
        }
        Some(_) => return None,
    };
    Some(Note { role: Role::Repeats, message, span: tree.span(at) })
}

/// Whether an effect is one of those that say in a list when they run again; others find that out by themselves.
fn calls_hook(model: &Model<'_>, call: NodeId) -> bool {
    let callee = model.file.tree.callee(call).and_then(|callee| model.callee_name(callee));
    callee.is_some_and(|name| name.starts_with("use"))
}

/// Whether a component keeps one target from one run of an effect to the next: what a ref holds, unless something puts
/// another there, or a state that nobody sets.
fn is_kept(file: &FileView<'_, '_>, registration: &Registration, component: FuncId) -> bool {
    let model = file.model;
    let place = &registration.place;
    if component_of_ref(model, place) == Some(component) {
        return model.assignments(place).iter().all(|&assign| is_first(model, assign, registration.func))
            && !is_made_anew(file, registration);
    }
    let Some(binding) = model.file.binding_of(registration.target) else { return false };
    model.file.binding(binding).func == component
        && is_state(model, binding)
        && pair(model, binding).is_some_and(|pattern| model.file.tree.children(pattern).count() == 1)
}

/// Whether the effect hands the target to something that may begin with it anew: `Plotly.newPlot(ref.current, data)`.
fn is_made_anew(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let mut uses = file.accesses.of(&registration.place);
    uses.any(|access| access.func == registration.func && matches!(access.usage, Usage::Argument { .. }))
}

/// Whether an assignment gives something the only value it has while its owner is there: nothing, or what is made once.
fn is_first(model: &Model<'_>, assign: NodeId, effect: FuncId) -> bool {
    let tree = &model.file.tree;
    let Some(value) = tree.child(assign, 1) else { return false };
    let func = tree.func(assign);
    let runs_once = || match model.handed(func) {
        [handed] if func != effect && is_effect_callback(model, func) => tree
            .arg(handed.call, 1)
            .is_some_and(|told| tree.kind(told) == Kind::Array && tree.children(told).next().is_none()),
        _ => false,
    };
    model.is_nothing(value) || guard::once_guard(model, value).is_some() || runs_once()
}

/// The pattern that takes apart what a hook gives: `[state, setState]`.
fn pair(model: &Model<'_>, binding: BindingId) -> Option<NodeId> {
    let tree = &model.file.tree;
    tree.parent(model.file.binding(binding).node).filter(|&pattern| tree.kind(pattern) == Kind::ArrayPattern)
}

/// Whether a hook keeps the function that listens, so that the target may know it: `const onScroll = useCallback(…)`.
fn is_function_kept(model: &Model<'_>, registration: &Registration, component: FuncId) -> bool {
    let tree = &model.file.tree;
    if tree.kind(registration.listener) == Kind::Function {
        return false;
    }
    let Some(binding) = model.file.binding_of(registration.listener) else { return true };
    let row = model.file.binding(binding);
    let is_of_render = row.func == component || row.func == registration.func;
    let made = model.file.sole_value(binding);
    !is_of_render
        || row.kind == BindingKind::Param
        || made.is_none_or(|made| tree.kind(made) != Kind::Function)
}

/// An effect, and what it listens to.
struct Effect<'v, 'f, 'a> {
    file: &'v FileView<'f, 'a>,
    component: FuncId,
    target: &'v Place,
}

impl Effect<'_, '_, '_> {
    /// Whether what an effect asks for changes while the target stays: a property or a state that the component shows or hands
    /// on. What decides whether anything is shown at all may bring another target along.
    fn is_told(&self, dependency: NodeId) -> bool {
        let model = self.file.model;
        let place = model.file.place(dependency);
        let variable = model.file.binding_of(dependency).or(match place.root {
            Root::Binding(binding) => Some(binding),
            _ => None,
        });
        let Some(binding) = variable else { return false };
        let row = model.file.binding(binding);
        let changes = row.kind == BindingKind::Param || self.is_set(binding);
        let name = place.last_field().unwrap_or(row.name);
        row.func == self.component
            && changes
            && !is_handler(model.file.tree.text(name))
            && !self.target.starts_with(&place)
            && self.uses(dependency, &place).into_iter().all(|(node, usage)| {
                !matches!(usage, Usage::Called(_)) && !self.decides(node, row.kind) && !self.is_key(node)
            })
    }

    /// What is done with what an effect asks for: with a variable under its name, since parts of one list have one path.
    fn uses(&self, dependency: NodeId, place: &Place) -> Vec<(NodeId, Usage)> {
        let file = self.file.model.file;
        match file.binding_of(dependency) {
            Some(binding) => {
                let nodes =
                    file.binding(binding).references.iter().map(|at| file.references[at.index()].node);
                nodes.map(|node| (node, usage(file, node))).collect()
            }
            None => self.file.accesses.of(place).map(|access| (access.node, access.usage)).collect(),
        }
    }

    /// Whether a variable is a state for which the component has a function that sets it.
    fn is_set(&self, binding: BindingId) -> bool {
        let model = self.file.model;
        is_state(model, binding)
            && pair(model, binding).is_some_and(|pattern| model.file.tree.children(pattern).count() > 1)
    }

    /// Whether something is looked at to decide what is shown. A state that the effect itself asks for may be set once; a
    /// property comes from elsewhere, and changes there.
    fn decides(&self, node: NodeId, kind: BindingKind) -> bool {
        let tree = &self.file.model.file.tree;
        if kind == BindingKind::Param && tree.func(node) != self.component {
            return false;
        }
        let is_ref = |at: NodeId| tree.kind(at) == Kind::JsxAttribute && tree.name(at) == Some("ref");
        let is_test = |at: NodeId| {
            tree.parent(at).is_some_and(|parent| {
                let decides = match tree.kind(parent) {
                    Kind::If | Kind::Switch => true,
                    // What is shown or not has another element each time; another class or title is no matter.
                    Kind::Conditional | Kind::Logical => {
                        tree.func(node) != self.component || tree.subtree(parent).any(is_ref)
                    }
                    _ => false,
                };
                decides && tree.first(parent) == Some(at)
            })
        };
        std::iter::once(node).chain(tree.within_function(node)).any(is_test)
    }

    /// Whether a change of it makes a new element: `<video key={url}>`.
    fn is_key(&self, node: NodeId) -> bool {
        let tree = &self.file.model.file.tree;
        let is_key = |at: NodeId| tree.kind(at) == Kind::JsxAttribute && tree.name(at) == Some("key");
        tree.within_function(node).any(is_key)
    }
}

/// Whether a name is one of a function that is told of something.
fn is_handler(name: &str) -> bool {
    let rest = ["on", "set", "handle"].iter().find_map(|word| name.strip_prefix(word));
    rest.is_some_and(|rest| rest.starts_with(char::is_uppercase))
}
