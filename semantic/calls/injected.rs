//! What a framework injects its classes with. One that is made for each request has whatever is injected with it made for
//! each request too.

use super::frameworks::Decorator;
use crate::catalog::DecoratorRow;
use crate::index::ClassId;
use crate::model::{Model, Ty};
use crate::place::{Place, Root};
use crate::tables::Member;

/// What a class is injected with, as far as its file tells.
pub(crate) struct Injection {
    /// Its instances are made more often by what it says itself, and so are those that they are injected with.
    pub(crate) is_scoped: bool,
    /// Its framework makes it as often as what it is injected with.
    pub(crate) receives: bool,
    /// Classes of this file.
    pub(crate) own: Vec<ClassId>,
    /// What names classes of other files.
    pub(crate) foreign: Vec<Place>,
}

/// What a class is injected with, if a framework may care. A base class need not say by a decorator that it is one.
pub(crate) fn injection(model: &Model<'_>, class: ClassId) -> Option<Injection> {
    let row = model.file.class(class);
    let scope = scope_row(model, class);
    let receives = scope.is_some() || model.catalog.spreading().any(|row| receives(model, class, row));
    let may_be_base = || row.decorators.is_empty() && row.constructor.is_some() && model.file.is_module;
    if !receives && !may_be_base() {
        return None;
    }
    let mut found = Injection { is_scoped: scope.is_some(), receives, own: Vec::new(), foreign: Vec::new() };
    for class in injected_classes(model, class) {
        match class {
            Injected::Own(class) => found.own.push(class),
            Injected::Foreign(place) => found.foreign.push(place),
        }
    }
    // What its base class is injected with, another file may tell.
    let has_base = receives && row.super_class.is_some();
    let says_anything = has_base || found.is_scoped || !found.own.is_empty() || !found.foreign.is_empty();
    says_anything.then_some(found)
}

/// The row by which instances of a class are made more often than its framework's others, together with what they are
/// injected with: an option of its decorator, or a token that it is injected with.
pub(super) fn scope_row<'a>(model: &Model<'a>, class: ClassId) -> Option<&'a DecoratorRow> {
    model.catalog.spreading().find(|row| {
        is_decorated(model, class, &row.names, row, true)
            || receives(model, class, row)
                && tokens(model, class, row).any(|token| is_token(model, &token, row))
    })
}

/// The row of a class that only a token puts among those that are made more often, and the decorator that receives it.
pub(super) fn by_token<'m>(model: &'m Model<'_>, class: ClassId) -> Option<(&'m DecoratorRow, &'m str)> {
    let row = scope_row(model, class).filter(|row| !is_decorated(model, class, &row.names, row, true))?;
    let spreads = row.spreads.as_ref()?;
    let decorators = &model.file.class(class).decorators;
    let mut names = decorators.iter().filter_map(|&at| Decorator::of(model, at)).map(|at| at.name);
    names.find(|name| spreads.to.iter().any(|to| to == name)).map(|name| (row, name))
}

/// Whether a row speaks of the classes that are injected with a class, of which this is one.
pub(super) fn receives(model: &Model<'_>, class: ClassId, row: &DecoratorRow) -> bool {
    row.spreads.as_ref().is_some_and(|spreads| is_decorated(model, class, &spreads.to, row, false))
}

fn is_decorated(
    model: &Model<'_>,
    class: ClassId,
    names: &[String],
    row: &DecoratorRow,
    with_option: bool,
) -> bool {
    let decorators = &model.file.class(class).decorators;
    decorators.iter().filter_map(|&at| Decorator::of(model, at)).any(|at| {
        names.iter().any(|name| name == at.name)
            && at.package.is_some_and(|package| row.packages.iter().any(|from| from == package))
            && (!with_option || at.says(model, &row.option))
    })
}

fn is_token(model: &Model<'_>, place: &Place, row: &DecoratorRow) -> bool {
    let path = model.path_of(place);
    let tokens = row.spreads.iter().flat_map(|spreads| &spreads.tokens);
    path.is_some_and(|path| tokens.into_iter().any(|token| *token == *path))
}

/// What the decorators of a class's parameters and fields name: `@Inject(REQUEST)`.
fn tokens<'m>(model: &'m Model<'_>, class: ClassId, row: &'m DecoratorRow) -> impl Iterator<Item = Place> {
    let by = row.spreads.iter().flat_map(|spreads| &spreads.by);
    by.flat_map(move |by| named_in_params(model, class, by).chain(named_in_fields(model, class, by)))
}

fn named_in_params<'m>(model: &'m Model<'_>, class: ClassId, by: &'m str) -> impl Iterator<Item = Place> {
    let tree = &model.file.tree;
    let constructor = model.file.class(class).constructor;
    let decorators = constructor.into_iter().flat_map(|func| &model.file.function(func).param_decorators);
    decorators.filter(move |at| tree.text(at.name) == by).filter_map(move |at| {
        let binding = model.module_binding(tree.text(at.arg?))?;
        Some(model.file.place(model.file.binding(binding).node))
    })
}

fn named_in_fields<'m>(model: &'m Model<'_>, class: ClassId, by: &'m str) -> impl Iterator<Item = Place> {
    injecting_fields(model, class, by)
        .filter_map(move |(_, at)| at.first_arg(model))
        .map(move |arg| model.file.place(arg))
}

/// The fields of a class that a decorator fills, with that.
fn injecting_fields<'m>(
    model: &'m Model<'_>,
    class: ClassId,
    by: &'m str,
) -> impl Iterator<Item = (&'m Member, Decorator<'m>)> {
    let members = model.file.class(class).members.iter().filter(|member| !member.is_static);
    members.flat_map(move |member| {
        let decorators = member.name.into_iter().flat_map(move |name| model.member_decorators(class, name));
        decorators
            .filter_map(move |at| Decorator::of(model, at))
            .filter(move |at| at.name == by)
            .map(move |at| (member, at))
    })
}

enum Injected {
    Own(ClassId),
    Foreign(Place),
}

/// The classes whose instances a constructor is handed, or a decorator puts into fields.
fn injected_classes(model: &Model<'_>, class: ClassId) -> Vec<Injected> {
    let file = model.file;
    let constructor = file.class(class).constructor;
    let params = constructor.into_iter().flat_map(|func| file.params(func));
    let bindings =
        params.flat_map(|param| file.tree.subtree(param).filter_map(|at| file.tree.binding(at)).take(1));
    let of_params = bindings.filter_map(|binding| file.binding(binding).ty);
    let by: Vec<&str> = model
        .catalog
        .spreading()
        .filter_map(|row| row.spreads.as_ref())
        .flat_map(|spreads| spreads.by.iter().map(String::as_str))
        .collect();
    let of_fields =
        by.iter().flat_map(|&by| injecting_fields(model, class, by).filter_map(|(member, _)| member.ty));
    let written = of_params.chain(of_fields).filter_map(|ty| match model.annotation_ty(ty) {
        Ty::Instance(class) => Some(Injected::Own(class)),
        _ => model.foreign_class(ty).map(Injected::Foreign),
    });
    // `@Inject(Tenant) tenant: TenantLike`
    let named =
        by.iter().flat_map(|&by| named_in_params(model, class, by).chain(named_in_fields(model, class, by)));
    let named = named.filter(|place| matches!(place.root, Root::Module(_))).map(Injected::Foreign);
    written.chain(named).collect()
}
