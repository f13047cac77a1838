//! From sheets to a catalog: types are declared, their ancestors joined, rows sorted by what they are found by.

use super::pattern::expand;
use super::{
    CallRow, Catalog, DecoratorRow, DirectiveRow, ExportRow, HandlerRow, HookRow, LibraryId, ModelId,
    ModelType, NeedId, Phase, PropertyRow, Receiver, Sheet, SignatureRow, UncalledRow,
};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::mem::take;

impl Catalog {
    /// Compiles sheets. Later sheets may use the types of earlier ones and the other way round. Calls, hooks and
    /// exports are moved into the catalog: copies of them cost a quarter more.
    ///
    /// # Errors
    ///
    /// The first row that names a type or emitter family nobody declares.
    pub fn compile(mut sheets: Vec<Sheet>) -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        for (i, sheet) in sheets.iter().enumerate() {
            catalog.packages.extend(sheet.packages.iter().map(|name| (name.clone(), ())));
            let caches = sheet.calls.iter().filter_map(|row| row.caches.as_ref()?.majors.as_ref());
            catalog.majors.extend(caches.map(|majors| majors.of.clone()));
            catalog.declare(sheet, LibraryId(u16::try_from(i).unwrap_or(u16::MAX)));
        }
        for sheet in &sheets {
            catalog.fill_types(sheet)?;
        }
        catalog.close_over_ancestors(&sheets)?;
        for sheet in &sheets {
            catalog.add_objects(sheet)?;
        }
        for sheet in &mut sheets {
            catalog.add_rows(sheet)?;
        }
        Ok(catalog)
    }

    fn declare(&mut self, sheet: &Sheet, library: LibraryId) {
        for row in &sheet.emitters {
            let family = self.emitters.len();
            for method in row.add.iter().chain(&row.once) {
                self.add_methods.entry(method.clone()).or_default().push(family);
            }
            self.remove_methods.extend(row.remove.iter().chain(&row.remove_all).cloned());
            self.emitters.push(row.clone());
        }
        for row in &sheet.types {
            let id = ModelId(u16::try_from(self.types.len()).unwrap_or(u16::MAX));
            self.names.insert(row.name.clone(), id);
            self.types.push(ModelType {
                name: row.name.clone(),
                ancestors: SmallVec::new(),
                emitter: None,
                container: row.container,
                life: row.life,
                holds: row.holds.clone(),
                small_is_taken: row.small_is_taken,
                sender: row.sender,
                each: row.each,
                finite: row.finite,
                library,
                readable: row.readable,
                writable: row.writable,
                elements: None,
                good_ends: row.good_ends.clone(),
                ended_by: row.ended_by.clone(),
                unread: row.unread.clone(),
                few: row.few.clone(),
                texts: row.texts.clone(),
                fields: FxHashMap::default(),
                returns: FxHashMap::default(),
            });
            self.gauges.extend(row.gauges.iter().cloned());
            let services = row.streamed_by.iter().flat_map(|path| expand(path));
            self.services.extend(services.map(|path| (path, id)));
            self.rare_events.extend(row.rare_events.iter().cloned());
            for path in row.made_by.iter().flat_map(|path| expand(path)) {
                self.annotations.insert(path.clone(), id);
                self.made_by.insert(path, id);
            }
            for path in row.values.iter().flat_map(|path| expand(path)) {
                self.values.insert(path, id);
            }
            for name in row.annotations.iter().flat_map(|name| expand(name)) {
                self.annotations.insert(name, id);
            }
        }
    }

    fn fill_types(&mut self, sheet: &Sheet) -> Result<(), CatalogError> {
        for row in &sheet.types {
            let id = self.type_named(sheet, &row.name)?;
            let emitter = match &row.emitter {
                None => None,
                Some(name) => Some(self.family_named(sheet, name)?),
            };
            let mut fields = FxHashMap::default();
            for (field, ty) in &row.fields {
                fields.insert(field.clone(), self.type_named(sheet, ty)?);
            }
            let mut returns = FxHashMap::default();
            for (method, ty) in &row.returns {
                returns.insert(method.clone(), self.type_named(sheet, ty)?);
            }
            let elements = row.elements.as_ref().map(|name| self.type_named(sheet, name)).transpose()?;
            let ty = &mut self.types[id.0 as usize];
            (ty.emitter, ty.elements, ty.fields, ty.returns) = (emitter, elements, fields, returns);
        }
        Ok(())
    }

    /// Ancestors in the order of inheritance; what a type does not say itself it has from the first that does.
    fn close_over_ancestors(&mut self, sheets: &[Sheet]) -> Result<(), CatalogError> {
        let mut parents: FxHashMap<ModelId, Vec<ModelId>> = FxHashMap::default();
        for sheet in sheets {
            for row in &sheet.types {
                let id = self.type_named(sheet, &row.name)?;
                for parent in &row.extends {
                    let parent = self.type_named(sheet, parent)?;
                    parents.entry(id).or_default().push(parent);
                }
            }
        }
        for i in 0..self.types.len() {
            let mut list: SmallVec<[ModelId; 4]> = SmallVec::new();
            list.push(ModelId(u16::try_from(i).unwrap_or(u16::MAX)));
            let mut at = 0;
            while let Some(&id) = list.get(at) {
                for &parent in parents.get(&id).into_iter().flatten() {
                    if !list.contains(&parent) {
                        list.push(parent);
                    }
                }
                at += 1;
            }
            self.types[i].ancestors = list;
        }
        for (i, ty) in self.types.iter().enumerate() {
            let own = ty.returns.iter().filter(|(_, of)| usize::from(of.0) == i);
            self.builders.extend(own.map(|(method, _)| method.clone()));
        }
        for i in 0..self.types.len() {
            let ancestors = self.types[i].ancestors.clone();
            for ancestor in ancestors.into_iter().skip(1) {
                let from = &self.types[ancestor.0 as usize];
                let (emitter, container, life) = (from.emitter, from.container, from.life);
                let (sender, readable, writable) = (from.sender, from.readable, from.writable);
                let (each, finite) = (from.each, from.finite);
                let (fields, returns) = (from.fields.clone(), from.returns.clone());
                let holds = from.holds.clone();
                let (good_ends, ended_by) = (from.good_ends.clone(), from.ended_by.clone());
                let (few, texts, unread) = (from.few.clone(), from.texts.clone(), from.unread.clone());
                let ty = &mut self.types[i];
                ty.emitter = ty.emitter.or(emitter);
                ty.container = ty.container.or(container);
                ty.life = ty.life.or(life);
                ty.sender = ty.sender.or(sender);
                ty.each = ty.each.or(each);
                ty.finite |= finite;
                ty.holds = ty.holds.take().or(holds);
                ty.good_ends.extend(good_ends);
                ty.ended_by.extend(ended_by);
                ty.unread = ty.unread.take().or(unread);
                ty.few.extend(few);
                ty.texts.extend(texts);
                ty.readable |= readable;
                ty.writable |= writable;
                for (field, of) in fields {
                    ty.fields.entry(field).or_insert(of);
                }
                for (method, of) in returns {
                    ty.returns.entry(method).or_insert(of);
                }
            }
        }
        Ok(())
    }

    fn add_rows(&mut self, sheet: &mut Sheet) -> Result<(), CatalogError> {
        let library = LibraryId(u16::try_from(self.libraries.len()).unwrap_or(u16::MAX));
        self.libraries.push(sheet.library.clone());
        for row in &sheet.pairs {
            let at = u16::try_from(self.pairs.len()).unwrap_or(u16::MAX);
            for method in &row.takes {
                self.pairs_by_method.entry(method.clone()).or_default().push(at);
            }
            self.pairs.push(row.clone());
        }
        self.add_conventions(sheet, library)?;
        self.add_counterparts(sheet)?;
        for row in take(&mut sheet.calls) {
            self.check_types(sheet, &row)?;
            let id = self.calls.len();
            for path in row.callee.iter().flat_map(|path| expand(path)) {
                match path.split_once('#') {
                    None => self.by_path.entry(path).or_default().push(id),
                    Some((receiver, method)) => {
                        let receiver = match receiver {
                            "*" => Receiver::Any,
                            name => Receiver::Type(self.type_named(sheet, name)?),
                        };
                        self.by_method.entry(method.to_owned()).or_default().push((receiver, id));
                    }
                }
            }
            self.undoings.extend(row.undone_by.iter().cloned());
            for method in row.caches.iter().flat_map(|row| &row.adds) {
                self.fills.entry(method.clone()).or_default().push(id);
            }
            if row.is_known_by_name() {
                for path in row.callee.iter().flat_map(|path| expand(path)) {
                    self.by_name.entry(last_name(&path)).or_default().push(id);
                }
            }
            self.add_releases(&row);
            self.add_asked_of_clients(sheet, &row, id)?;
            let acks = row.callbacks.iter().filter_map(|callback| callback.acks.as_ref());
            self.ack_limits.extend(acks.flat_map(|acks| acks.limited_by.iter().cloned()));
            self.calls.push(CallRow { library, ..row });
        }
        Ok(())
    }

    /// Rows about requests that depend on how their client was made: a method of its type, or the client itself, which is
    /// what a path gives.
    fn add_asked_of_clients(&mut self, sheet: &Sheet, row: &CallRow, id: usize) -> Result<(), CatalogError> {
        if row.request.as_ref().is_none_or(|request| request.made_with.is_none()) {
            return Ok(());
        }
        for path in row.callee.iter().flat_map(|path| expand(path)) {
            let known = match path.split_once('#') {
                Some((of, method)) => Some((method, self.type_named(sheet, of)?)),
                None => path.strip_suffix("()").and_then(|made| Some(("", self.made_by(made)?))),
            };
            if let Some((method, of)) = known {
                self.asked_of_clients.entry(method.to_owned()).or_default().push((of, id));
            }
        }
        Ok(())
    }

    fn add_releases(&mut self, row: &CallRow) {
        let Some(acquires) = &row.acquires else { return };
        let functions = acquires.release.iter().filter_map(|release| release.strip_suffix("(_)"));
        let known = self.release_functions.entry(acquires.rule.clone()).or_default();
        known.extend(functions.filter(|name| !name.starts_with("for ")).map(str::to_owned));
        known.sort_unstable();
        known.dedup();
        let methods = acquires.release.iter().filter_map(|release| release.strip_prefix("_."));
        let known = self.releases.entry(acquires.rule.clone()).or_default();
        for method in methods.map(|method| method.trim_end_matches("()")) {
            if !known.iter().any(|one| one == method) {
                known.push(method.to_owned());
            }
        }
    }

    /// Rows about functions that nobody hands over: a name, a class or a type says who calls them.
    fn add_conventions(&mut self, sheet: &mut Sheet, library: LibraryId) -> Result<(), CatalogError> {
        for row in &sheet.decorators {
            self.check_names(sheet, &row.params)?;
            if row.spreads.is_some() {
                self.spreading.push(DecoratorRow { library, ..row.clone() });
            }
            for name in row.names.iter().flat_map(|name| expand(name)) {
                self.decorators.entry(name).or_default().push(DecoratorRow { library, ..row.clone() });
            }
        }
        for row in &sheet.directives {
            for name in &row.names {
                self.directives.insert(name.clone(), DirectiveRow { library, ..row.clone() });
            }
        }
        for row in take(&mut sheet.exports) {
            self.check_names(sheet, &row.params)?;
            let names: Vec<String> = row.names.iter().flat_map(|name| expand(name)).collect();
            let files = row.files.iter().flat_map(|pattern| expand(pattern)).collect();
            let id = u16::try_from(self.exports.len()).unwrap_or(u16::MAX);
            for name in &names {
                let first = name.split_once('.').map_or(name.as_str(), |(first, _)| first);
                self.export_names.entry(first.to_owned()).or_default().push(id);
            }
            let need = self.need(&row.packages);
            self.exports.push(ExportRow { library, names, files, need, ..row });
        }
        for row in take(&mut sheet.hooks) {
            self.check_names(sheet, &row.params)?;
            self.add_phases(&row);
            let at = u16::try_from(self.hooks.len()).unwrap_or(u16::MAX);
            for method in &row.methods {
                self.hooks_by_method.entry(method.clone()).or_default().push(at);
            }
            self.hooks.push(HookRow { library, ..row });
        }
        let uncalled = sheet.uncalled.iter().map(|row| UncalledRow { library, ..row.clone() });
        self.uncalled.extend(uncalled);
        for row in &sheet.endings {
            for name in row.names.iter().flat_map(|name| expand(name)) {
                self.endings.entry(name).or_default().push(row.clone());
            }
        }
        for row in &sheet.aliases {
            self.aliases.extend(row.names.iter().map(|name| (name.clone(), row.same_as.clone())));
        }
        self.disposables.extend(sheet.disposables.iter().flat_map(|row| row.names.iter().cloned()));
        self.elements.extend(sheet.elements.iter().cloned());
        self.server_renderers.extend(sheet.server_renderers.iter().cloned());
        for row in &sheet.properties {
            self.check_names(sheet, &row.params)?;
            let need = self.need(&row.packages);
            for name in row.names.iter().flat_map(|name| expand(name)) {
                self.properties.entry(name).or_default().push(PropertyRow { library, need, ..row.clone() });
            }
        }
        for row in &sheet.signatures {
            self.check_names(sheet, &row.params)?;
            for name in row.names.iter().flat_map(|name| expand(name)) {
                self.signatures.insert(name, SignatureRow { library, ..row.clone() });
            }
        }
        for row in &sheet.handlers {
            self.check_names(sheet, &row.params)?;
            let names: Vec<Vec<String>> = row.names.iter().map(|names| expand(names)).collect();
            let at = u16::try_from(self.handlers.len()).unwrap_or(u16::MAX);
            for first in names.first().into_iter().flatten() {
                self.handlers_by_first.entry(first.clone()).or_default().push(at);
            }
            let need = self.need(&row.packages);
            self.handlers.push((names, HandlerRow { library, need, ..row.clone() }));
        }
        Ok(())
    }

    /// Notes in which phases of an instance the methods of a hook run.
    fn add_phases(&mut self, row: &HookRow) {
        let phases =
            [(Phase::Begin, &mut self.begins), (Phase::Use, &mut self.again), (Phase::End, &mut self.ends)];
        for (_, names) in phases.into_iter().filter(|(phase, _)| row.is_of(*phase)) {
            names.extend(row.methods.iter().cloned());
        }
        let is_telling =
            row.ends && row.of.iter().any(|of| of == "*" || self.objects.contains_key(of.as_str()));
        if is_telling {
            self.telling_ends.extend(row.methods.iter().cloned());
        }
    }

    fn add_objects(&mut self, sheet: &Sheet) -> Result<(), CatalogError> {
        for row in &sheet.objects {
            if row.has.is_empty() {
                let message = format!("nothing tells an object `{}`: name properties in `has`", row.name);
                return Err(CatalogError { library: sheet.library.clone(), message });
            }
            self.objects.insert(row.name.clone(), row.clone());
        }
        Ok(())
    }

    fn add_counterparts(&mut self, sheet: &Sheet) -> Result<(), CatalogError> {
        for row in &sheet.counterparts {
            if row.mistaken.contains(&row.removes) {
                let message = format!("`{}` cannot be right and mistaken for `{}`", row.removes, row.adds);
                return Err(CatalogError { library: sheet.library.clone(), message });
            }
            self.counterparts.insert(row.adds.clone(), row.clone());
        }
        Ok(())
    }

    /// The id of the packages that a row asks for; none if it holds wherever.
    fn need(&mut self, packages: &[String]) -> Option<NeedId> {
        if packages.is_empty() {
            return None;
        }
        let known = self.needs.iter().position(|known| known == packages).unwrap_or(self.needs.len());
        if known == self.needs.len() {
            self.needs.push(packages.to_vec());
        }
        Some(NeedId(u16::try_from(known).unwrap_or(u16::MAX)))
    }

    fn check_types(&self, sheet: &Sheet, row: &CallRow) -> Result<(), CatalogError> {
        for callback in &row.callbacks {
            self.check_names(sheet, &callback.params)?;
        }
        let answer = row.request.as_ref().and_then(|row| row.answer.as_ref());
        if let Some(name) = answer
            && self.model(self.type_named(sheet, name)?).unread.is_none()
        {
            let message = format!("`{name}` does not say how it is read; give it `unread`");
            return Err(CatalogError { library: sheet.library.clone(), message });
        }
        let majors = row.caches.as_ref().and_then(|row| row.majors.as_ref());
        if let Some(majors) = majors.filter(|row| row.from > row.to) {
            let message =
                format!("there is no major of `{}` from {} to {}", majors.of, majors.from, majors.to);
            return Err(CatalogError { library: sheet.library.clone(), message });
        }
        row.returns.iter().try_for_each(|name| self.type_named(sheet, name).map(|_| ()))
    }

    fn check_names(&self, sheet: &Sheet, params: &[String]) -> Result<(), CatalogError> {
        params
            .iter()
            .filter(|name| !name.is_empty())
            .try_for_each(|name| self.type_named(sheet, name).map(|_| ()))
    }

    fn type_named(&self, sheet: &Sheet, name: &str) -> Result<ModelId, CatalogError> {
        self.names.get(name).copied().ok_or_else(|| CatalogError {
            library: sheet.library.clone(),
            message: format!("no type is called `{name}`; declare it with [[type]]"),
        })
    }

    fn family_named(&self, sheet: &Sheet, name: &str) -> Result<usize, CatalogError> {
        self.emitters.iter().position(|row| row.name == name).ok_or_else(|| CatalogError {
            library: sheet.library.clone(),
            message: format!("no emitter family is called `{name}`; declare it with [[emitter]]"),
        })
    }
}

/// A row that names something the catalog does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    /// The sheet.
    pub library: String,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for CatalogError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "library model `{}`: {}", self.library, self.message)
    }
}

impl std::error::Error for CatalogError {}

/// The name that a path is called by: `finished` of `stream.finished`; a package that is one function mostly goes by its
/// own name, `onFinished` of `on-finished`.
fn last_name(path: &str) -> String {
    let mut words = path.rsplit(['.', '#', '/']).next().unwrap_or(path).split('-');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}
