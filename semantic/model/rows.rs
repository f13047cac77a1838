//! Which rows of the catalog are about a call, a callback, a function.

use super::{CallbackRows, Handed, Model, Question, Ty};
use crate::calls::{self, Target};
use crate::catalog::{CallRow, CallbackRow, ExportRow, HandlerRow, ModelId, SignatureRow};
use crate::index::{FuncId, NodeId};
use crate::tables::Type;
use crate::tree::Kind;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::rc::Rc;

impl<'a> Model<'a> {
    /// The types of a function's parameters, from the rows of the calls it is handed to.
    pub fn callback_params(&self, func: FuncId) -> SmallVec<[Option<ModelId>; 4]> {
        let key = u64::from(func.raw()) | 1 << 41;
        if let Some(known) = self.params.borrow().get(&func) {
            if self.open.borrow().has(key) {
                self.cuts.set(self.cuts.get() + 1);
            }
            return known.clone();
        }
        self.params.borrow_mut().insert(func, SmallVec::new());
        self.open.borrow_mut().add(key);
        let mut found: SmallVec<[Option<ModelId>; 4]> = SmallVec::new();
        for handed in self.handed(func) {
            for (_, callback) in self.callback_rows(handed).iter() {
                for (i, name) in callback.params.iter().enumerate() {
                    if found.len() <= i {
                        found.resize(i + 1, None);
                    }
                    found[i] = found[i].or_else(|| self.catalog.find_type(name));
                }
            }
        }
        if found.is_empty() {
            found = self.hook_params(func);
        }
        if found.is_empty() {
            found = self.convention_params(func);
        }
        self.params.borrow_mut().insert(func, found.clone());
        self.open.borrow_mut().close(key);
        found
    }

    /// The rows about functions with such parameters: `(req, res)`, `(req, res, next)`.
    #[must_use]
    pub fn handlers_by_convention(&self, func: FuncId) -> SmallVec<[&'a HandlerRow; 2]> {
        let names = self.param_names(func);
        // `(req, res, deps = {})`: what has a default, or is taken apart, is bound by whoever hands the handler over.
        let named = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        self.catalog.handlers(&names[..named]).collect()
    }

    /// The row about the type that the author gave a function, `const handler: RequestHandler = …`, and the name of it.
    #[must_use]
    pub fn signature_of(&self, func: FuncId) -> Option<(&'a SignatureRow, &'a str)> {
        let node = self.file.function(func).node;
        let tree = &self.file.tree;
        let annotation = || {
            let declared =
                tree.parent(node).and_then(|parent| tree.first(parent)).filter(|&name| name != node)?;
            self.file.binding(tree.binding(declared)?).ty
        };
        let Type::Named(name, _) = self.file.ty(tree.cast(node).or_else(annotation)?) else { return None };
        let row = self.catalog.signature(&self.annotation_path(*name)?)?;
        Some((row, tree.text(*name)))
    }

    /// The names of a function's parameters; empty for patterns.
    #[must_use]
    pub fn param_names(&self, func: FuncId) -> SmallVec<[&'a str; 4]> {
        let file = self.file;
        file.params(func)
            .map(|param| {
                file.tree.binding(param).map_or("", |binding| file.tree.text(file.binding(binding).name))
            })
            .collect()
    }

    /// The row about the name under which a function is exported, if the file is one that a framework looks into.
    fn exported_row(&self, func: FuncId) -> Option<&'a ExportRow> {
        if self.exported.borrow().is_none() {
            // Asked again on the way, the answer is "none".
            *self.exported.borrow_mut() = Some(FxHashMap::default());
            self.cuts.set(self.cuts.get() + 1);
            let mut found = FxHashMap::default();
            for export in calls::framework_exports(self) {
                if let Target::Function(func) = export.target {
                    found.entry(func).or_insert(export.row);
                }
            }
            *self.exported.borrow_mut() = Some(found);
        }
        self.exported.borrow().as_ref().and_then(|rows| rows.get(&func).copied())
    }

    /// The types of parameters of a function that a name, a type or an exported name says is called by a framework.
    fn convention_params(&self, func: FuncId) -> SmallVec<[Option<ModelId>; 4]> {
        let signature = self.signature_of(func).map(|(row, _)| &row.params);
        let exported = || self.exported_row(func).map(|row| &row.params);
        let handler = || self.handlers_by_convention(func).first().map(|row| &row.params);
        let hook = || calls::hook_params(self, func);
        let shape = || calls::shape_params(self, func);
        let names = signature.or_else(exported).or_else(hook).or_else(shape).or_else(handler);
        names.into_iter().flatten().map(|name| self.catalog.find_type(name)).collect()
    }

    /// The types of parameters of a framework hook or a decorated method.
    fn hook_params(&self, func: FuncId) -> SmallVec<[Option<ModelId>; 4]> {
        let row = self.file.function(func);
        let by_decorator = row.param_decorators.iter().filter_map(|decorator| {
            let rows = self.catalog.decorators(self.file.tree.text(decorator.name));
            let ty = rows.iter().find_map(|row| row.params.first())?;
            Some((decorator.at as usize, self.catalog.find_type(ty)?))
        });
        let mut found: SmallVec<[Option<ModelId>; 4]> = SmallVec::new();
        for (at, ty) in by_decorator {
            if found.len() <= at {
                found.resize(at + 1, None);
            }
            found[at] = Some(ty);
        }
        found
    }

    /// The catalog's rows about a callback that is handed to a call.
    pub fn callback_rows(&self, handed: &Handed) -> CallbackRows<'a> {
        self.callback_rows_within(handed, 3)
    }

    /// Remembered on every level: a function that hands on what it is handed, many times, is asked about by each of its
    /// callers. Rows of the call itself are found as fast as they are looked up.
    fn callback_rows_within(&self, handed: &Handed, fuel: u32) -> CallbackRows<'a> {
        let may_follow = fuel > 0 && handed.option.is_none();
        let key = (*handed, fuel);
        if may_follow && let Some(known) = self.callback_rows.borrow().get(&key) {
            return Rc::clone(known);
        }
        let cuts = self.cuts.get();
        let direct = self.direct_callback_rows(handed);
        if !direct.is_empty() {
            return direct.as_slice().into();
        }
        if !may_follow {
            return Rc::clone(&self.no_callbacks);
        }
        let found = self.forwarded_callback_rows(handed, fuel - 1);
        if !self.unsettled.is_building.get() && self.is_whole(cuts) {
            self.callback_rows.borrow_mut().insert(key, Rc::clone(&found));
        }
        found
    }

    /// The rows of the calls to which a function of this file hands on what it was handed.
    fn forwarded_callback_rows(&self, handed: &Handed, fuel: u32) -> CallbackRows<'a> {
        let tree = &self.file.tree;
        let param = tree
            .callee(handed.call)
            .and_then(|callee| self.function_of(callee))
            .and_then(|func| self.file.params(func).nth(handed.arg));
        let Some(binding) = param.and_then(|param| tree.binding(param)) else {
            return Rc::clone(&self.no_callbacks);
        };
        self.file
            .binding(binding)
            .references
            .iter()
            .filter_map(|reference| tree.argument_of(self.file.references[reference.index()].node))
            .map(|(call, arg)| self.callback_rows_within(&Handed { call, arg, option: None }, fuel))
            .find(|rows| !rows.is_empty())
            .unwrap_or_else(|| Rc::clone(&self.no_callbacks))
    }

    fn direct_callback_rows(&self, handed: &Handed) -> SmallVec<[(&'a CallRow, &'a CallbackRow); 2]> {
        let rows = self.rows(handed.call);
        let mut out = SmallVec::new();
        if rows.is_empty() {
            return out;
        }
        let count = self.file.tree.args(handed.call).count();
        for &row in rows.iter() {
            for callback in &row.callbacks {
                let option = handed.option.map(|option| self.file.tree.text(option));
                if callback.takes(handed.arg, handed.arg + 1 == count, option) {
                    out.push((row, callback));
                }
            }
        }
        out
    }

    /// The catalog's rows about a call, most specific first.
    #[must_use]
    #[inline]
    pub fn rows(&self, call: NodeId) -> Rc<[&'a CallRow]> {
        if let Some(known) = self.rows.borrow().get(call) {
            self.reuse(|| Question::Rows(call));
            return Rc::clone(known);
        }
        self.rows_asked_first(call)
    }

    fn rows_asked_first(&self, call: NodeId) -> Rc<[&'a CallRow]> {
        let (cuts, mark) = (self.cuts.get(), self.unsettled_mark());
        let found = self.find_rows(call);
        let found = if found.is_empty() { Rc::clone(&self.no_rows) } else { found.into() };
        if self.is_whole(cuts) {
            self.rows.borrow_mut().put(&self.file.tree, call, Rc::clone(&found));
            self.remember_unsettled(mark, || Question::Rows(call));
        }
        found
    }

    fn find_rows(&self, call: NodeId) -> Vec<&'a CallRow> {
        let tree = &self.file.tree;
        let Some(callee) = tree.callee(call) else { return Vec::new() };
        let mut out: Vec<&CallRow> = Vec::new();
        if let Some(path) = self.api_path(callee) {
            out.extend(self.catalog.calls_of_path(&path));
        }
        if tree.kind(callee) == Kind::Member
            && let (Some(object), Some(method)) = (tree.first(callee), tree.name(callee))
            && self.catalog.knows_method(method)
        {
            let ty = self.ty(object);
            let of = self.model_of(ty);
            let closed = matches!(ty, Ty::Instance(_) | Ty::Class(_) | Ty::Function(_)) && of.is_none();
            if !closed {
                out.extend(self.catalog.calls_of_method(of, method));
            }
        }
        let event =
            tree.arg(call, 0).and_then(|arg| self.file.constant_name(arg)).map(|name| tree.text(name));
        out.retain(|row| row.covers(event));
        out
    }

    /// The rows of the catalog about names that this file exports.
    pub(crate) fn export_rows(&self) -> &[&'a ExportRow] {
        self.exports.get_or_init(|| {
            let names: FxHashSet<&str> =
                self.file.exports.iter().filter_map(|row| Some(self.file.tree.text(row.name?))).collect();
            self.catalog.exports_of(&self.file.path, &names).collect()
        })
    }
}
