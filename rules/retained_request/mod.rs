//! `retained-request`: a request, a response or a context that something longer-lived keeps.

use crate::claim::{self, Claim, KeptClaim, Note};
use crate::doubts;
use crate::ending;
use crate::finding::{Confidence, Doubt, Finding, Retainer, Role, Severity};
use crate::lifetime;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::calls::is_startup_name;
use outlive_semantic::catalog::{Container, ModelId};
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::guard;
use outlive_semantic::holds::{self, Held, How};
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::place::Root;
use outlive_semantic::project::{self, Answer, FileId, Lives, Spot, SpotStep};
use outlive_semantic::rate::Life;
use outlive_semantic::summary::What;
use outlive_semantic::tables::{BindingKind, FunctionKind};
use outlive_semantic::tree::{BinaryOp, Span};
use rustc_hash::FxHashMap;

/// The rule.
pub(crate) struct RetainedRequest;

static META: Meta = Meta {
    id: "retained-request",
    summary: "a request, response or context that something longer-lived keeps",
    category: Category::Retention,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for RetainedRequest {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn collection(&self, file: &FileView<'_, '_>, op: &CollectionOp, claims: &mut Claims<'_>) {
        let Op::Grow(growth) = op.op else { return };
        let model = file.model;
        if !may_outlive(model, op) || is_sized(file, op) {
            return;
        }
        let Some(held) = kept_request(model, op) else { return };
        let ty = model.model_of(model.place_ty(&op.holder));
        let container = ty.and_then(|ty| model.catalog.model(ty).container);
        if matches!(container, Some(Container::Weak)) || ty.is_some() && container.is_none() {
            return;
        }
        let is_bounded = container == Some(Container::Bounded);
        if is_bounded && growth != Growth::Set {
            return;
        }
        let body = KeptClaim {
            holder: claims.names.place(model, &op.holder),
            shown: model.file.display(&op.holder),
            kept: model.file.display(&model.file.place(held.node)),
            how: how(model, &held),
            container,
            life: life_by_type(model, op),
            growth,
            is_bounded,
            once: guard::once_guard(model, op.node).map(|flag| claims.names.place(model, &flag)),
            in_loop: guard::enclosing_loop(model, op.node).is_some(),
            only_on: only_on(file, &op.holder),
            notes: notes(model, op, &held),
        };
        let at = model.file.tree.span(op.node);
        claims.add(META.id, op.func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut known = FxHashMap::default();
        claim::settle_each(claims, |file, claim, body| settle(view, file, claim, body, &mut known))
    }
}

/// Whether the holder can outlive one run of the function: not a local of the same function.
fn may_outlive(model: &Model<'_>, op: &CollectionOp) -> bool {
    match op.holder.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            row.func != op.func || row.kind == BindingKind::Param && !op.holder.path.is_empty()
        }
        Root::Value(_) | Root::Receiver(_) => false,
        _ => !op.holder.path.is_empty() || !matches!(op.holder.root, Root::This(_)),
    }
}

/// What of a request the growth keeps: in the value, or as the key.
fn kept_request(model: &Model<'_>, op: &CollectionOp) -> Option<Held> {
    let wanted = |id: ModelId| is_of_exchange(model, id);
    let by_object = op.key.filter(|_| !matches!(op.op, Op::Grow(Growth::Key)));
    [op.value, by_object].into_iter().flatten().find_map(|node| holds::held(model, node, &wanted))
}

/// Whether values of a type are over when a request or call is.
fn is_of_exchange(model: &Model<'_>, id: ModelId) -> bool {
    matches!(model.catalog.model(id).life, Some(Life::Request | Life::Message | Life::Call))
}

/// Whether the size of the holder is tested around: the oldest go.
fn is_sized(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let tree = &file.model.file.tree;
    file.ops_on(&op.holder, Op::Size).filter(|other| other.func == op.func).any(|other| {
        tree.ancestors(other.node).take(4).any(|node| {
            matches!(
                tree.binary_op(node),
                Some(BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
            )
        })
    })
}

fn how(model: &Model<'_>, held: &Held) -> String {
    let name = model.file.display(&model.file.place(held.node));
    match held.how {
        How::Itself => format!("keeps `{name}`"),
        How::Part => format!("keeps an object with `{name}`"),
        How::Captured => format!("keeps a function that uses `{name}`"),
    }
}

/// The event that runs every release of the file, if it is one that need not come: the client may go before.
fn only_on(file: &FileView<'_, '_>, holder: &Place) -> Option<(String, Span)> {
    let (event, at) = file.taken_out_on(holder)?;
    Some((event.to_owned(), file.model.file.tree.span(at)))
}

/// The life that the types of this file give the holder: `req.socket.list` lives as long as the connection.
fn life_by_type(model: &Model<'_>, op: &CollectionOp) -> Option<Life> {
    model.lives(&op.holder).next()
}

fn notes(model: &Model<'_>, op: &CollectionOp, held: &Held) -> Vec<Note> {
    let tree = &model.file.tree;
    let mut notes = Vec::new();
    if held.how == How::Captured {
        let message = format!("uses `{}`", model.file.display(&model.file.place(held.node)));
        notes.push(Note { role: Role::Captures, message, span: tree.span(held.node) });
    }
    notes.push(Note { role: Role::Grows, message: "kept here".to_owned(), span: tree.span(op.node) });
    notes
}

/// What takes it out again.
#[derive(Clone, Copy)]
enum Released {
    Yes,
    /// Only an event that need not come.
    Partly,
    Maybe,
    No,
}

/// A request that is kept, and by what.
struct Kept<'k, 'v, 'a> {
    view: &'k ProjectView<'v, 'a>,
    file: FileId,
    claim: &'k Claim,
    body: &'k KeptClaim,
    spot: Spot,
    lives: Lives,
}

/// What is known about the releases of a collection, and whether one file leaves them to a good end alone: a file may put
/// thousands of things into one.
type Known = FxHashMap<(Spot, Option<FileId>), Released>;

fn settle(
    view: &ProjectView<'_, '_>,
    file: FileId,
    claim: &Claim,
    body: &KeptClaim,
    known: &mut Known,
) -> Option<Finding> {
    let project = view.project;
    let spot = project.canonical(file, &body.holder);
    if !is_container(view, &spot, body) {
        return view.drop(file, claim, || format!("nothing says that `{}` is a collection", body.shown));
    }
    let lives = match (project.life(&spot), body.life) {
        (Lives::Unknown, Some(life)) => Lives::Known(life),
        (lives, _) => lives,
    };
    let kept = Kept { view, file, claim, body, spot, lives };
    let mut doubt = Doubt::default();
    kept.doubt_life(&mut doubt)?;
    let key = (kept.spot.clone(), body.only_on.as_ref().map(|_| file));
    let released = *known.entry(key).or_insert_with(|| kept.released());
    kept.doubt_release(released, &mut doubt)?;
    let Some(confidence) = doubt.confidence() else {
        return view.drop(file, claim, || format!("too much is in doubt ({})", doubt.phrase()));
    };
    Some(Finding { doubts: doubt.reasons(), ..kept.report(confidence) })
}

impl Kept<'_, '_, '_> {
    /// Whether the holder outlives what is put there, again and again.
    fn doubt_life(&self, doubt: &mut Doubt) -> Option<()> {
        let Self { view, file, claim, body, ref spot, lives } = *self;
        let project = view.project;
        if let Some(once) = &body.once
            && lifetime::lives_as_long(project, &project.canonical(file, once), spot)
        {
            return view.drop(file, claim, || "a flag lets it happen once".to_owned());
        }
        match project.outlives(lives, file, claim.func, body.in_loop) {
            Answer::Yes => {}
            Answer::Assumed => doubt.assume(doubts::by_habit(project.rate(file, claim.func))),
            // Whoever handles requests handles more than one.
            Answer::Unknown if matches!(lives, Lives::Process | Lives::Singleton(..)) => {
                doubt.assume("how often requests come here is taken for granted");
            }
            Answer::Unknown => doubt.unknown(doubts::LIFE),
            Answer::No => {
                return view.drop(file, claim, || {
                    format!("`{}` {}", body.shown, lifetime::lives_phrase(project, lives))
                });
            }
        }
        Some(())
    }

    fn doubt_release(&self, released: Released, doubt: &mut Doubt) -> Option<()> {
        match released {
            Released::Yes => {
                return self.view.drop(self.file, self.claim, || {
                    format!("something takes entries out of `{}`", self.body.shown)
                });
            }
            Released::Partly => doubt.assume("it is released on some ways"),
            Released::Maybe => doubt.unknown(doubts::RELEASE),
            Released::No if self.body.is_bounded => doubt.assume("the holder has a bound"),
            Released::No => {}
        }
        Some(())
    }

    /// Whether anything takes entries out, anywhere.
    fn released(&self) -> Released {
        let Self { view, file, body, ref spot, .. } = *self;
        let project = view.project;
        let is_partly = body.only_on.is_some();
        let mut answer = if is_partly { Released::Partly } else { Released::No };
        for found in project.uses(spot).into_iter().filter(|found| project.is_production(found.file)) {
            match found.row.what {
                What::Collection(Op::Release) if is_partly && found.file == file => {}
                What::Collection(Op::Release) if is_end_of_owner(view, &found) => {}
                What::Collection(Op::Release) => return Released::Yes,
                What::Collection(Op::Reset) if replaces(view, &found) => return Released::Yes,
                What::Collection(Op::Escape) if !is_partly => answer = Released::Maybe,
                _ => {}
            }
        }
        // An entry is emptied, or what the collection hangs on is taken away.
        let is_emptied = |spot: Spot| {
            project.uses(&spot).iter().any(|found| found.row.what == What::Collection(Op::Release))
        };
        let elsewhere =
            is_emptied(spot.clone().with(SpotStep::Element)) || spot.parent().is_some_and(is_emptied);
        if elsewhere { Released::Maybe } else { answer }
    }

    fn report(&self, confidence: Confidence) -> Finding {
        let Self { view, file, claim, body, ref spot, lives } = *self;
        let project = view.project;
        let (shown, kept) = (&body.shown, &body.kept);
        let root = format!("`{shown}` {}", lifetime::lives_phrase(project, lives));
        let declared = lifetime::declared(project, spot).unwrap_or((file, claim.at));
        let mut retainers =
            vec![Retainer { role: Role::Root, message: root, file: declared.0, span: declared.1 }];
        retainers.extend(body.notes.iter().map(|note| note.retainer(file)));
        retainers.extend(body.only_on.as_ref().map(|(event, span)| Retainer {
            role: Role::ReleasedHereOnly,
            message: format!("taken out on '{event}' only"),
            file,
            span: *span,
        }));
        retainers.extend(lifetime::repeats_retainer(project, file, claim.func));
        let (message, help) = words(body);
        Finding {
            rule: META.id,
            severity: META.severity,
            confidence,
            doubts: Vec::new(),
            message,
            help,
            file,
            span: claim.at,
            retainers,
            fixes: Vec::new(),
            scope: project.function_name(file, claim.func),
            subject: format!("{shown} {kept}"),
        }
    }
}

fn is_container(view: &ProjectView<'_, '_>, spot: &Spot, body: &KeptClaim) -> bool {
    if body.container.is_some() || matches!(body.growth, Growth::Rebuild | Growth::Wrap) {
        return true;
    }
    let model = project::model_of(view.project, view.project.type_of(spot));
    let container = model.and_then(|model| view.project.catalog.model(model).container);
    container.is_some_and(|container| body.growth.needs().is_none_or(|needed| needed == container))
}

/// A release in the method that ends the holder's owner takes nothing out while the owner lives.
fn is_end_of_owner(view: &ProjectView<'_, '_>, found: &project::Use) -> bool {
    let row = &view.project.summary(found.file).functions[found.row.func.index()];
    row.class.is_some() && ending::is_end(view.project.catalog, view.project.name(found.file, row.name))
}

/// An assignment that neither gives the first value nor ends the owner: it happens while entries come in.
fn replaces(view: &ProjectView<'_, '_>, found: &project::Use) -> bool {
    let summary = view.project.summary(found.file);
    let functions = &summary.functions;
    let mut around = std::iter::successors(Some(found.row.func), |&func| functions[func.index()].parent);
    let is_made_or_ended = found.row.func.index() == 0
        || around.any(|func| {
            let row = &functions[func.index()];
            matches!(row.kind, FunctionKind::Constructor | FunctionKind::FieldInit)
                || is_startup_name(summary.name(row.name))
                || row.class.is_some() && ending::is_end(view.project.catalog, summary.name(row.name))
        });
    !is_made_or_ended && !view.project.rate(found.file, found.row.func).is_once()
}

fn words(body: &KeptClaim) -> (String, String) {
    let (shown, kept, how) = (&body.shown, &body.kept, &body.how);
    if let Some((event, _)) = &body.only_on {
        return (
            format!(
                "`{shown}` {how}, and only '{event}' takes it out: that never comes when the peer goes away"
            ),
            format!("take it out of `{shown}` on 'close', which comes either way"),
        );
    }
    if body.is_bounded {
        return (
            format!("`{shown}` {how} until it is evicted, with the socket, the headers and the body"),
            format!("put into `{shown}` only what is needed of `{kept}`"),
        );
    }
    (
        format!("`{shown}` {how} after it is over, and nothing takes it out"),
        format!("keep only what is needed of `{kept}`, or take it out of `{shown}` when it closes"),
    )
}
