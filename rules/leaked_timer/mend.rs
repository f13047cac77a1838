//! The fix: the method that ends the instance clears the timer.

use crate::claim::AcquireClaim;
use crate::ending;
use crate::finding::Fix;
use crate::mend;
use crate::rule::FileView;
use outlive_semantic::index::{ClassId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::tables::FunctionKind;
use outlive_semantic::tree::Kind;

/// Clears in the method that ends the instance what a call arms; a handle that nobody keeps is kept in a field first.
/// `clear` is the function for it.
pub(super) fn clear_at_end(
    file: &FileView<'_, '_>,
    call: NodeId,
    body: &AcquireClaim,
    clear: &str,
) -> Option<Fix> {
    let (model, tree) = (file.model, &file.model.file.tree);
    let (class, func) = (body.class.as_ref()?.0, tree.func(call));
    let (name, end) = ending::end_method(model, class)?;
    let is_other = body.partial.is_none() && !body.in_loop && end != func;
    if !is_other || !runs_for_instance(model, func, class) {
        return None;
    }
    if body.shown.is_empty() {
        let is_alone = tree.parent(call).is_some_and(|parent| tree.kind(parent) == Kind::ExprStmt);
        let field = free_field(model, &body.what).filter(|_| is_alone && mend::is_script(model))?;
        let armed = tree.span(call).start;
        let kept = format!("this.{field} = ");
        // Who arms again would lose the handle of the one before.
        let renewed = match model.file.function(func).kind {
            FunctionKind::Constructor => mend::insert(armed, kept),
            _ => {
                let mut edit = mend::before(model, tree.statement(call), &format!("{clear}(this.{field});"))?;
                edit.text += &kept;
                edit
            }
        };
        let cleared = mend::first_in(model, end, &format!("{clear}(this.{field});"))?;
        let title = format!("keep the handle in `this.{field}` and clear it in `{name}`");
        return Some(mend::suggestion(title, vec![renewed, cleared]));
    }
    let is_field = body
        .shown
        .strip_prefix("this.")
        .is_some_and(|field| field.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#')));
    let cleared = mend::first_in(model, end, &format!("{clear}({});", body.shown)).filter(|_| is_field)?;
    Some(mend::suggestion(format!("clear `{}` in `{name}`", body.shown), vec![cleared]))
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

/// A field that nothing in the file is called.
fn free_field(model: &Model<'_>, what: &str) -> Option<&'static str> {
    let names: &[&str] = match what {
        what if what.contains("frame") => &["frame", "frameHandle"],
        what if what.contains("interval") => &["interval", "timer", "intervalHandle"],
        _ => &["timer", "timeout", "timerHandle"],
    };
    names.iter().copied().find(|name| model.file.tree.names().find(name).is_none())
}
