//! What libraries do, as data: the rows of `rules/models/sheets` and of a user's configuration, compiled for lookup.
//!
//! A row names an API by its access path. `fs.watch` is a function of a package or a global; `net.Server#on` is a method
//! of a type; `*#forEach` is a method of anything whose type is unknown. `X()` in a path is what calling or constructing
//! `X` gives. Braces abbreviate: `app.Router#{get,post}`.

mod callback;
mod compile;
mod entries;
mod ids;
mod pattern;
mod rows;

use crate::bounds::{Bounds, Limits};
use crate::glob;
use crate::handle::patterns::ReleasePatterns;
use crate::rate::{Life, Rate};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

pub use callback::{Returned, When};
pub use compile::CatalogError;
pub use entries::*;
pub use ids::{LibraryId, ModelId, NeedId};
pub use pattern::expand;
pub use rows::*;

/// A compiled type.
#[derive(Debug)]
pub struct ModelType {
    /// Its name in the catalog.
    pub name: String,
    /// It and everything it inherits from.
    pub ancestors: SmallVec<[ModelId; 4]>,
    /// The family of its listeners.
    pub emitter: Option<usize>,
    /// What container it is.
    pub container: Option<Container>,
    /// How long its values live by nature.
    pub life: Option<Life>,
    /// What it holds beside memory until it is read to its end or destroyed.
    pub holds: Option<String>,
    /// What holds it is gone by itself where there was little to read.
    pub small_is_taken: bool,
    /// Who sends what is read from it.
    pub sender: Option<Sender>,
    /// How often the body of a `for await` over it runs.
    pub each: Option<Rate>,
    /// Whether it comes to an end by itself.
    pub finite: bool,
    /// The sheet it stands in.
    pub library: LibraryId,
    /// Whether bytes can be read from it.
    pub readable: bool,
    /// Whether bytes can be written to it.
    pub writable: bool,
    /// The type of what it contains.
    pub elements: Option<ModelId>,
    /// Events by which it tells of its good end alone.
    pub good_ends: Vec<String>,
    /// Methods by which it is sent to its end.
    pub ended_by: Vec<String>,
    /// How it is read, if it is an answer that holds its connection until then.
    pub unread: Option<UnreadRow>,
    few: Vec<String>,
    texts: Vec<String>,
    fields: FxHashMap<String, ModelId>,
    returns: FxHashMap<String, ModelId>,
}

/// Whose method a row is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Receiver {
    Any,
    Type(ModelId),
}

/// All rows, compiled.
#[derive(Default)]
pub struct Catalog {
    types: Vec<ModelType>,
    names: FxHashMap<String, ModelId>,
    made_by: FxHashMap<String, ModelId>,
    values: FxHashMap<String, ModelId>,
    annotations: FxHashMap<String, ModelId>,
    calls: Vec<CallRow>,
    by_path: FxHashMap<String, SmallVec<[usize; 2]>>,
    by_method: FxHashMap<String, Vec<(Receiver, usize)>>,
    /// By rule: the methods that give something back.
    releases: FxHashMap<String, Vec<String>>,
    release_functions: FxHashMap<String, Vec<String>>,
    decorators: FxHashMap<String, Vec<DecoratorRow>>,
    directives: FxHashMap<String, DirectiveRow>,
    exports: Vec<ExportRow>,
    /// The packages that rows ask for.
    needs: Vec<Vec<String>>,
    /// The rows by the names they speak of, as far as these are exported.
    export_names: FxHashMap<String, SmallVec<[u16; 2]>>,
    hooks: Vec<HookRow>,
    /// The positions of these by the methods that they speak of.
    hooks_by_method: FxHashMap<String, SmallVec<[u16; 4]>>,
    /// The names of hooks in each phase of an instance.
    begins: FxHashSet<String>,
    again: FxHashSet<String>,
    ends: FxHashSet<String>,
    /// Those by which something ends that say so wherever they stand.
    telling_ends: BTreeSet<String>,
    /// By the name of the shape, the properties by which it is told.
    objects: FxHashMap<String, ObjectRow>,
    /// By the method that adds.
    counterparts: FxHashMap<String, CounterpartRow>,
    /// Events that may well never come, of whatever emitter.
    rare_events: FxHashSet<String>,
    spreading: Vec<DecoratorRow>,
    uncalled: Vec<UncalledRow>,
    endings: FxHashMap<String, Vec<EndingRow>>,
    server_renderers: FxHashSet<String>,
    /// The package whose rows hold for another one, by the name of that one.
    aliases: FxHashMap<String, String>,
    disposables: Vec<String>,
    elements: Vec<ElementRow>,
    /// By the names of the properties.
    properties: FxHashMap<String, Vec<PropertyRow>>,
    signatures: FxHashMap<String, SignatureRow>,
    /// With the names of each parameter.
    handlers: Vec<(Vec<Vec<String>>, HandlerRow)>,
    /// The positions of these by the names of the first parameter.
    handlers_by_first: FxHashMap<String, SmallVec<[u16; 4]>>,
    /// Methods that give what they are called on.
    builders: FxHashSet<String>,
    /// Methods that take a registration back.
    undoings: FxHashSet<String>,
    /// The rows about caches, by the methods that put something in.
    fills: FxHashMap<String, SmallVec<[usize; 2]>>,
    /// The rows whose functions are taken for themselves by name, wherever they are from, under that name.
    by_name: FxHashMap<String, SmallVec<[usize; 1]>>,
    pairs: Vec<PairRow>,
    /// The positions of these by the methods that take something, in their order.
    pairs_by_method: FxHashMap<String, SmallVec<[u16; 1]>>,
    /// Names that tell how much waits to be sent, of any type.
    gauges: FxHashSet<String>,
    libraries: Vec<String>,
    emitters: Vec<EmitterRow>,
    /// The methods by which listeners of any family are taken away.
    remove_methods: FxHashSet<String>,
    add_methods: FxHashMap<String, SmallVec<[usize; 2]>>,
    packages: FxHashMap<String, ()>,
    /// The packages whose majors rows tell apart.
    majors: FxHashSet<String>,
    /// Methods that say how many messages may be at work at once.
    ack_limits: FxHashSet<String>,
    /// The rows about requests that depend on how their client was made, by the method; of the client itself under no name.
    asked_of_clients: FxHashMap<String, Vec<(ModelId, usize)>>,
    /// Where classes are found whose methods give streams, and of which type.
    services: Vec<(String, ModelId)>,
    /// What [`Catalog::patterns`] made.
    patterns: Mutex<FxHashMap<&'static str, Arc<ReleasePatterns>>>,
}

impl Bounds {
    /// With those of the catalog, and of a file of so many bytes.
    #[must_use]
    pub fn of_file(self, catalog: &Catalog, bytes: u32) -> Limits {
        self.with(catalog.lengths(), bytes)
    }
}

impl Catalog {
    /// How many types, sheets and lists of packages there are.
    fn lengths(&self) -> [u32; 3] {
        let of = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        [of(self.types.len()), of(self.libraries.len()), of(self.needs.len())]
    }

    /// Patterns that are many and depend on rows alone: made once, by whichever file asks first.
    pub fn patterns(
        &self,
        key: &'static str,
        make: impl FnOnce() -> ReleasePatterns,
    ) -> Arc<ReleasePatterns> {
        let mut known = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(key).or_insert_with(|| Arc::new(make().indexed())))
    }

    /// The methods that give back anything of which a rule speaks.
    #[must_use]
    pub fn releases_of(&self, rule: &str) -> &[String] {
        self.releases.get(rule).map(Vec::as_slice).unwrap_or_default()
    }

    /// The functions that give back anything of which a rule speaks.
    #[must_use]
    pub fn release_functions_of(&self, rule: &str) -> &[String] {
        self.release_functions.get(rule).map(Vec::as_slice).unwrap_or_default()
    }

    /// The type of this name in the catalog.
    #[must_use]
    pub fn find_type(&self, name: &str) -> Option<ModelId> {
        self.names.get(name).copied()
    }

    /// A type's row.
    #[must_use]
    pub fn model(&self, id: ModelId) -> &ModelType {
        &self.types[id.0 as usize]
    }

    /// Whether a type is, or inherits from, the type of that name.
    #[must_use]
    pub fn is_a(&self, id: ModelId, name: &str) -> bool {
        self.find_type(name).is_some_and(|wanted| self.model(id).ancestors.contains(&wanted))
    }

    /// The type that calling or constructing an access path gives.
    #[must_use]
    pub fn made_by(&self, path: &str) -> Option<ModelId> {
        self.made_by.get(path).copied()
    }

    /// The type of the value an access path names.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<ModelId> {
        self.values.get(path).copied()
    }

    /// The type a TypeScript annotation names: `pkg.Name` for imported names, `Name` for global ones.
    #[must_use]
    pub fn annotation(&self, path: &str) -> Option<ModelId> {
        self.annotations.get(path).copied()
    }

    /// The type of a field.
    #[must_use]
    pub fn field(&self, of: ModelId, name: &str) -> Option<ModelId> {
        self.model(of).fields.get(name).copied()
    }

    /// Whether there are only so many values of a field.
    #[must_use]
    pub fn has_few(&self, of: ModelId, field: &str) -> bool {
        self.model(of).few.iter().any(|name| name == field)
    }

    /// Whether a field is a text.
    #[must_use]
    pub fn is_text(&self, of: ModelId, field: &str) -> bool {
        self.model(of).texts.iter().any(|name| name == field)
    }

    /// What a method returns.
    #[must_use]
    pub fn returned(&self, of: ModelId, method: &str) -> Option<ModelId> {
        self.model(of).returns.get(method).copied()
    }

    /// The rows about a function by its access path.
    pub fn calls_of_path(&self, path: &str) -> impl Iterator<Item = &CallRow> {
        self.by_path.get(path).into_iter().flatten().map(|&id| &self.calls[id])
    }

    /// Whether a method of this name of some type runs functions that it takes.
    #[must_use]
    pub fn runs_what_method_takes(&self, method: &str) -> bool {
        let mut rows = self.by_method.get(method).into_iter().flatten();
        rows.any(|&(_, id)| !self.calls[id].callbacks.is_empty())
    }

    /// The rows about a method of a type, or of anything if `of` is unknown. The most specific type comes first.
    pub fn calls_of_method(&self, of: Option<ModelId>, method: &str) -> impl Iterator<Item = &CallRow> {
        let rows = self.by_method.get(method).map(Vec::as_slice).unwrap_or_default();
        let ancestors = of.map(|id| self.model(id).ancestors.as_slice()).unwrap_or_default();
        // Of rows about one type, those about certain events come before the one about all others.
        let mut found: SmallVec<[(usize, bool, usize); 4]> = rows
            .iter()
            .filter_map(|&(receiver, id)| {
                let rank = match receiver {
                    Receiver::Any => usize::MAX,
                    Receiver::Type(ty) => ancestors.iter().position(|&a| a == ty)?,
                };
                Some((rank, self.calls[id].event.is_empty(), id))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(.., id)| &self.calls[id])
    }

    /// Whether a row is about a method of this type, or of one that it extends: not of any receiver.
    #[must_use]
    pub fn knows_method_of(&self, of: ModelId, method: &str) -> bool {
        let rows = self.by_method.get(method).map(Vec::as_slice).unwrap_or_default();
        let ancestors = &self.model(of).ancestors;
        rows.iter().any(|(receiver, _)| matches!(receiver, Receiver::Type(ty) if ancestors.contains(ty)))
    }

    /// What making a value of a type acquires.
    #[must_use]
    pub fn acquired_by_making(&self, of: ModelId) -> Option<&AcquireRow> {
        let mut paths: Vec<&String> =
            self.made_by.iter().filter(|(_, made)| **made == of).map(|(path, _)| path).collect();
        paths.sort_unstable();
        paths.into_iter().find_map(|path| self.calls_of_path(path).find_map(|row| row.acquires.as_ref()))
    }

    /// What methods of this name acquire, and of which types they are.
    pub fn acquired_by_method(&self, method: &str) -> impl Iterator<Item = (ModelId, &AcquireRow)> {
        let rows = self.by_method.get(method).map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(|&(receiver, id)| match receiver {
            Receiver::Type(of) => Some((of, self.calls[id].acquires.as_ref()?)),
            Receiver::Any => None,
        })
    }

    /// Whether a method of this name gives what it is called on, for any type.
    #[must_use]
    pub fn may_return_itself(&self, method: &str) -> bool {
        self.builders.contains(method)
    }

    /// Whether a method of a type keeps what it is given.
    #[must_use]
    pub fn remembers(&self, of: ModelId) -> bool {
        self.by_method
            .values()
            .flatten()
            .any(|&(receiver, id)| receiver == Receiver::Type(of) && self.calls[id].remembers.is_some())
    }

    /// Whether a method of this name takes a registration back.
    #[must_use]
    pub fn undoes(&self, method: &str) -> bool {
        self.undoings.contains(method)
    }

    /// Whether a method of this name puts something into the caches of any library.
    #[must_use]
    pub fn fills(&self, method: &str) -> bool {
        self.fills.contains_key(method)
    }

    /// The rows about caches that a method of this name puts something into.
    pub fn filled_by(&self, method: &str) -> impl Iterator<Item = &CallRow> {
        self.fills.get(method).into_iter().flatten().map(|&id| &self.calls[id])
    }

    /// The rows about functions that are taken for themselves by this name, wherever they are from.
    pub fn calls_named(&self, name: &str) -> impl Iterator<Item = &CallRow> {
        self.by_name.get(name).into_iter().flatten().map(|&id| &self.calls[id])
    }

    /// Whether what a function of this name is handed runs when the component or scope ends in which it is called.
    #[must_use]
    pub fn runs_at_end(&self, name: &str) -> bool {
        self.calls_named(name).any(|row| row.at_end)
    }

    /// Whether a name tells how much waits to be sent, of whatever type.
    #[must_use]
    pub fn is_gauge(&self, name: &str) -> bool {
        self.gauges.contains(name)
    }

    /// The row about methods of which one takes something in this way.
    #[must_use]
    pub fn pair(&self, taken: Taken, method: &str) -> Option<&PairRow> {
        let found = self.pairs_by_method.get(method)?;
        found.iter().map(|&at| &self.pairs[usize::from(at)]).find(|row| row.taken == taken)
    }

    /// Whether a framework calls methods of this name in a phase of an instance.
    #[must_use]
    pub fn is_hook(&self, phase: Phase, name: &str) -> bool {
        let names = match phase {
            Phase::Begin => &self.begins,
            Phase::Use => &self.again,
            Phase::End => &self.ends,
        };
        names.contains(name)
    }

    /// The hooks that run when something ends, in order, as far as their names mean nothing else.
    pub fn telling_ends(&self) -> impl Iterator<Item = &str> {
        self.telling_ends.iter().map(String::as_str)
    }

    /// The properties that tell an object of this shape.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&ObjectRow> {
        self.objects.get(name)
    }

    /// What takes away what a method of this name adds.
    #[must_use]
    pub fn counterpart(&self, adds: &str) -> Option<&CounterpartRow> {
        self.counterparts.get(adds)
    }

    /// Whether an event may well never come, of whatever emitter.
    #[must_use]
    pub fn is_rare(&self, event: &str) -> bool {
        self.rare_events.contains(event)
    }

    /// Whether any row speaks of a method of this name.
    #[must_use]
    pub fn knows_method(&self, method: &str) -> bool {
        self.by_method.contains_key(method)
    }

    /// The rows of a decorator.
    #[must_use]
    pub fn decorators(&self, name: &str) -> &[DecoratorRow] {
        self.decorators.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rows of decorators by which classes are made as often as what they are injected with.
    pub(crate) fn spreading(&self) -> impl Iterator<Item = &DecoratorRow> {
        self.spreading.iter()
    }

    /// The row of a directive.
    #[must_use]
    pub fn directive(&self, text: &str) -> Option<&DirectiveRow> {
        self.directives.get(text)
    }

    /// The rows that speak of a file and of any of the names that it exports.
    pub fn exports_of(&self, path: &str, names: &FxHashSet<&str>) -> impl Iterator<Item = &ExportRow> {
        let with_default = names.contains("=").then_some("default");
        let mut found: SmallVec<[u16; 8]> = SmallVec::new();
        for name in names.iter().copied().chain(with_default) {
            found.extend(self.export_names.get(name).into_iter().flatten().copied());
        }
        found.sort_unstable();
        found.dedup();
        let rows = found.into_iter().filter_map(|id| self.exports.get(usize::from(id)));
        // Patterns of files are the dearer test.
        rows.filter(move |row| row.covers(path))
    }

    /// The rows by which a framework renders what a file exports.
    pub(crate) fn pages_of(&self, path: &str) -> impl Iterator<Item = &ExportRow> {
        let pages = self.exports.iter().filter(|row| row.server || row.runs == When::At(Rate::Render));
        pages.filter(move |row| row.covers(path))
    }

    /// The packages one of which a project must import.
    #[must_use]
    pub fn needed(&self, id: NeedId) -> &[String] {
        self.needs.get(id.0 as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is known of functions of a type: `express.RequestHandler`.
    #[must_use]
    pub fn signature(&self, path: &str) -> Option<&SignatureRow> {
        self.signatures.get(path)
    }

    /// What is known of functions whose parameters have these names.
    pub fn handlers<'c, 'n>(
        &'c self,
        names: &'n [&'n str],
    ) -> impl Iterator<Item = &'c HandlerRow> + use<'c, 'n> {
        let covers = move |wanted: &[Vec<String>]| {
            wanted.len() == names.len()
                && wanted.iter().zip(names).all(|(wanted, name)| wanted.iter().any(|w| w == name))
        };
        let found = names.first().and_then(|first| self.handlers_by_first.get(*first));
        let rows = found.into_iter().flatten().map(|&at| &self.handlers[usize::from(at)]);
        rows.filter(move |(wanted, _)| covers(wanted)).map(|(_, row)| row)
    }

    /// The name of a sheet.
    #[must_use]
    pub fn library(&self, id: LibraryId) -> &str {
        self.libraries.get(id.0 as usize).map_or("", String::as_str)
    }

    /// The rows of framework hooks that speak of methods of this name, in their order.
    pub fn hooks_of<'c>(&'c self, method: &str) -> impl Iterator<Item = &'c HookRow> + use<'c> {
        let found = self.hooks_by_method.get(method).map(SmallVec::as_slice).unwrap_or_default();
        found.iter().map(|&at| &self.hooks[usize::from(at)])
    }

    /// The same for any of several names. Most classes have no method that any row speaks of.
    pub fn hooks_of_any<'c, 'm>(
        &'c self,
        methods: impl Iterator<Item = &'m str>,
    ) -> impl Iterator<Item = &'c HookRow> {
        let found = methods.filter_map(|method| self.hooks_by_method.get(method)).flatten().copied();
        let mut found: SmallVec<[u16; 16]> = found.collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| &self.hooks[usize::from(at)])
    }

    /// The rows about methods that a framework never calls.
    #[must_use]
    pub fn uncalled(&self) -> &[UncalledRow] {
        &self.uncalled
    }

    /// The rows of a decorator that ends what fields hold.
    #[must_use]
    pub fn endings(&self, decorator: &str) -> &[EndingRow] {
        self.endings.get(decorator).map(Vec::as_slice).unwrap_or_default()
    }

    /// The package whose rows hold for this one, or for a module of it: `fs` for one that has all that `fs` has.
    #[must_use]
    pub fn known_as<'c>(&'c self, package: &'c str) -> &'c str {
        self.aliases.get(package).map_or(package, String::as_str)
    }

    /// The names of types of things to be disposed of.
    #[must_use]
    pub fn disposables(&self) -> &[String] {
        &self.disposables
    }

    /// When a component of this name shows what stands in it, if that is known.
    #[must_use]
    pub fn shows(&self, component: &str) -> Option<Shows> {
        let is_named = |names: &[String]| names.iter().any(|name| glob::whole(name, component));
        let row = self.elements.iter().find(|row| is_named(&row.names) && !is_named(&row.unless));
        row.map(|row| row.shows)
    }

    /// Whether a module renders components on a server.
    #[must_use]
    pub fn renders_on_server(&self, module: &str) -> bool {
        self.server_renderers.contains(module)
    }

    /// The rows about functions in a property of this name.
    pub(crate) fn properties<'c>(&'c self, name: &str) -> impl Iterator<Item = &'c PropertyRow> + use<'c> {
        self.properties_named(name).iter().chain(self.properties_named("*"))
    }

    /// The rows about properties that are called so; those about properties of any name are called `*`.
    pub(crate) fn properties_named(&self, name: &str) -> &[PropertyRow] {
        self.properties.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// An emitter family.
    #[must_use]
    pub fn emitter(&self, family: usize) -> Option<&EmitterRow> {
        self.emitters.get(family)
    }

    /// The families in which a method of this name adds a listener.
    pub fn families_adding(&self, method: &str) -> impl Iterator<Item = usize> + '_ {
        self.add_methods.get(method).into_iter().flatten().copied()
    }

    /// Whether listeners of any family are taken away by a method of this name.
    #[must_use]
    pub fn removes(&self, method: &str) -> bool {
        self.remove_methods.contains(method)
    }

    /// Whether a method of this name says how many messages may be at work at once, of any library.
    #[must_use]
    pub fn limits_messages(&self, method: &str) -> bool {
        self.ack_limits.contains(method)
    }

    /// The rows about requests that a method of this name sends, or the client itself, if that depends on how the client was
    /// made; and the types of those clients.
    pub fn asked_of_clients(&self, method: Option<&str>) -> impl Iterator<Item = (ModelId, &CallRow)> {
        let rows = self.asked_of_clients.get(method.unwrap_or_default()).into_iter().flatten();
        rows.map(|&(of, id)| (of, &self.calls[id]))
    }

    /// The type of the streams that methods of an object give, by the access path of the object.
    #[must_use]
    pub fn streams_of_service(&self, path: &str) -> Option<ModelId> {
        let made = path.strip_suffix("()")?;
        let is_below =
            |by: &str| made.strip_prefix(by).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.services.iter().find(|(by, _)| is_below(by)).map(|&(_, of)| of)
    }

    /// Whether rows hold for some majors of a package and not for others.
    #[must_use]
    pub fn tells_majors_of(&self, name: &str) -> bool {
        self.majors.contains(name)
    }

    /// Whether a package has rows.
    #[must_use]
    pub fn knows_package(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str, parent: &str) -> Sheet {
        let extends = if parent.is_empty() { vec![] } else { vec![parent.to_owned()] };
        let made_by = vec![format!("{name}.make")];
        let row = TypeRow { name: name.to_owned(), extends, made_by, ..TypeRow::default() };
        Sheet { library: name.to_owned(), types: vec![row], ..Sheet::default() }
    }

    #[test]
    fn braces_expand_in_order() {
        assert_eq!(expand("a.{b,c}#{d,e}"), ["a.b#d", "a.b#e", "a.c#d", "a.c#e"]);
        assert_eq!(expand("plain"), ["plain"]);
        assert_eq!(expand("open{"), ["open{"]);
    }

    #[test]
    fn types_inherit_and_are_found_by_what_makes_them() {
        let catalog = Catalog::compile(vec![sheet("b", "a"), sheet("a", "")]).unwrap();
        let b = catalog.made_by("b.make").unwrap();
        assert!(catalog.is_a(b, "a"));
        assert!(!catalog.is_a(catalog.find_type("a").unwrap(), "b"));
    }

    #[test]
    fn a_row_with_an_unknown_type_is_named() {
        let error = Catalog::compile(vec![sheet("b", "nobody")]).err().unwrap();
        assert_eq!(error.library, "b");
        assert!(error.message.contains("nobody"));
    }
}
