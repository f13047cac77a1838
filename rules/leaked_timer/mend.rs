//! Fixes: the method that ends the instance clears the timer, or the cleanup of the effect.

use crate::claim::AcquireClaim;
use crate::finding::Fix;
use crate::mend;
use crate::rule::FileView;
use crate::slot;
use outlive_semantic::index::{ClassId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::tables::FunctionKind;
use outlive_semantic::tree::Kind;

/// Clears in the method that ends the instance what a call arms; a handle that nobody keeps is kept in a field first.
pub(super) fn clear_at_end(file: &FileView<'_, '_>, call: NodeId, body: &AcquireClaim) -> Option<Fix> {
    let (model, tree) = (file.model, &file.model.file.tree);
    let (class, func) = (body.class.as_ref()?.0, tree.func(call));
    let undo = body.undo.as_ref()?;
    let (name, end) = file.end_method(class)?;
    let is_other = body.partial.is_none() && !body.in_loop && end != func;
    if !is_other || !runs_for_instance(model, func, class) {
        return None;
    }
    if body.shown.is_empty() {
        let is_alone = tree.parent(call).is_some_and(|parent| tree.kind(parent) == Kind::ExprStmt);
        let field = free_name(model, &body.what).filter(|_| is_alone && mend::is_script(model))?;
        let clear = undo.if_any_on(&format!("this.{field}"));
        let armed = tree.span(call).start;
        let kept = format!("this.{field} = ");
        // Who arms again would lose the handle of the one before.
        let renewed = match model.file.function(func).kind {
            FunctionKind::Constructor => mend::insert(armed, kept),
            _ => {
                let mut edit = mend::before(model, tree.statement(call), &format!("{clear};"))?;
                edit.text += &kept;
                edit
            }
        };
        let cleared = mend::first_in(model, end, &format!("{clear};"))?;
        let title = format!("keep the handle in `this.{field}` and clear it in `{name}`");
        return Some(mend::suggestion(title, vec![renewed, cleared]));
    }
    let is_field = body
        .shown
        .strip_prefix("this.")
        .is_some_and(|field| field.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#')));
    let cleared =
        mend::first_in(model, end, &format!("{};", undo.if_any_on(&body.shown))).filter(|_| is_field)?;
    Some(mend::suggestion(format!("clear `{}` in `{name}`", body.shown), vec![cleared]))
}

/// Clears in the cleanup of an effect what the effect arms; one that has no cleanup gets one.
pub(super) fn clear_in_cleanup(file: &FileView<'_, '_>, call: NodeId, body: &AcquireClaim) -> Option<Fix> {
    let (model, tree) = (file.model, &file.model.file.tree);
    let func = tree.func(call);
    let statement = tree.statement(call);
    let list = tree.parent(statement)?;
    let is_direct = model.file.body(func) == Some(list) && !body.in_loop && body.partial.is_none();
    if !is_direct || mend::is_long(model, list) || !slot::is_effect_callback(model, func) {
        return None;
    }
    let (name, kept) = if body.shown.is_empty() {
        tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::ExprStmt)?;
        let name = free_name(model, &body.what)?;
        (name.to_owned(), Some(mend::insert(tree.span(call).start, format!("const {name} = "))))
    } else {
        let is_variable = tree.kind(statement) == Kind::VarDecl && !body.shown.contains('.');
        is_variable.then(|| (body.shown.clone(), None))?
    };
    let clear = body.undo.as_ref()?.on(&name);
    let cleanup = match &*model.returned_values(func) {
        [] if !returns(model, func) => mend::last_in(model, func, &format!("return () => {clear};"))?,
        [value] => mend::first_in(model, model.function_of(*value)?, &format!("{clear};"))?,
        _ => return None,
    };
    Some(mend::suggestion(
        "clear it in the cleanup of the effect".to_owned(),
        kept.into_iter().chain([cleanup]).collect(),
    ))
}

fn returns(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let mut body = model.file.body(func).into_iter().flat_map(|body| tree.subtree(body));
    body.any(|node| tree.kind(node) == Kind::Return && tree.func(node) == func)
}

/// Whether `this` of a function is an instance of a class: in its methods, and in arrows within them.
fn runs_for_instance(model: &Model<'_>, func: FuncId, class: ClassId) -> bool {
    let own = model.file.enclosing(func).find(|&at| model.file.function(at).kind != FunctionKind::Arrow);
    own.is_some_and(|own| {
        let row = model.file.function(own);
        let is_method = matches!(row.kind, FunctionKind::Method | FunctionKind::Constructor);
        let is_static = model.file.class(class).members.iter().any(|it| it.func == Some(own) && it.is_static);
        is_method && row.class == Some(class) && !is_static
    })
}

/// A name that nothing in the file has.
fn free_name(model: &Model<'_>, what: &str) -> Option<&'static str> {
    let names: &[&str] = match what {
        what if what.contains("frame") => &["frame", "frameHandle"],
        what if what.contains("interval") => &["interval", "timer", "intervalHandle"],
        what if what.contains("job") => &["job", "scheduledJob"],
        _ => &["timer", "timeout", "timerHandle"],
    };
    names.iter().copied().find(|name| model.file.tree.names().find(name).is_none())
}
