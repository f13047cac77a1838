//! Whether the target of a registration outlives the code that registers.

use super::settle::Heard;
use crate::claim::{ListenerClaim, Origin, SignalUse};
use crate::lifetime;
use outlive_semantic::index::{ClassId, FuncId};
use outlive_semantic::place::Root;
use outlive_semantic::project::{
    Answer, FileId, GlobalTy, Handing, Lives, Owner, Project, Spot, SpotRoot, SpotStep, Use,
};
use outlive_semantic::rate::{Life, Rate};
use outlive_semantic::summary::{BaseRow, What};
use outlive_semantic::tree::Span;
use outlive_semantic::{calls, listeners, project};

/// A call that hands in something which outlives it, and does so again and again: for the target's life, whoever calls
/// is asked. None if nobody does, or listeners are taken from it elsewhere.
pub(super) fn handed_to_last(project: &Project<'_>, spot: &Spot) -> Option<(FileId, Span)> {
    let lasting = project.handings(spot).into_iter().find(|handing| {
        let lives = project.life(&handing.spot);
        let answer = project.outlives(lives, handing.file, handing.func, false);
        !handing.is_new
            && matches!(lives, Lives::Process | Lives::Singleton(..))
            && matches!(answer, Answer::Yes | Answer::Assumed)
            && !lifetime::is_startup(project, handing.file, handing.func)
            && !project.uses(&handing.spot).iter().any(|found| is_removal(project, found))
    })?;
    Some((lasting.file, project.summary(lasting.file).functions[lasting.func.index()].at))
}

impl Heard<'_, '_, '_> {
    /// Whether the code around says that the same target gets the listener again, and the function does run again.
    pub(super) fn is_met_again(&self) -> bool {
        let info = self.project.rate(self.file, self.claim.func);
        // What is of one request goes with it.
        let is_short = matches!(self.lives, Lives::Known(life) if life <= Life::Request);
        self.body.again.is_some() && info.rate.is_some() && !info.is_once() && !is_short
    }

    /// Whether it stands in the class of a component: a view makes one for each place in which it is shown.
    fn is_of_component(&self) -> bool {
        let class = self.body.class.as_ref().map(|(class, _)| *class);
        class.is_some_and(|class| self.project.class_rate(self.file, class).rate == Some(Rate::Component))
    }

    /// Whether it may well happen once only, while the program starts. What a connection or a request brings along is not
    /// there yet, and who hands in a signal runs what can be given up.
    pub(super) fn is_part_of_startup(&self) -> bool {
        let body = self.body;
        // A pool that lends is set up, and a loop goes on after the start.
        if body.restarts
            || body.is_endless
            || body.is_making
            || body.is_forgotten
            || body.is_per_call
            || body.origin == Origin::Borrowed
            || body.origin == Origin::Passed && body.signal == Some(SignalUse::Operation)
            || self.is_of_component()
        {
            return false;
        }
        !matches!(self.lives, Lives::Known(life) if life < Life::Server)
            && lifetime::is_startup(self.project, self.file, self.claim.func)
    }

    /// Whether it is most likely a part of what sets the program up: what is listened to was there before the project, and that
    /// this happens again is taken for granted, since others may call the function. A component comes again, with its
    /// hooks, and so does an instance that has an end, unless it waits for the end of the process.
    pub(super) fn is_set_up(&self) -> bool {
        let body = self.body;
        let info = self.project.rate(self.file, self.claim.func);
        let is_guess = info.rate == Some(Rate::Call) && !info.certain && !info.in_loop && !body.in_loop;
        let is_given = matches!(self.spot.root, SpotRoot::Global(_) | SpotRoot::Package(_));
        let says_more = body.partial.is_some()
            || body.again.is_some()
            || body.signal.is_some()
            || body.restarts
            || body.is_endless
            || body.is_making
            || body.is_forgotten
            || body.is_per_call
            || body.is_of_hook
            || body.is_listed;
        let ends = matches!(body.class, Some((_, Some(_)))) && !body.is_last;
        is_guess && is_given && body.origin == Origin::Named && !says_more && !ends && !self.is_of_component()
    }

    /// Whether what registers may well be there once, for as long as the process: the constructor of a class whose instances
    /// have no end and of which nobody in sight makes several; what is done when the process ends, or when somebody connects
    /// to a server; or an instance that listens to itself.
    pub(super) fn may_be_the_only_one(&self) -> bool {
        let Self { view, project, file, claim, body, ref spot, lives } = *self;
        let info = project.rate(file, claim.func);
        if info.rate.is_some_and(|rate| rate > Rate::Instance)
            || body.partial.is_some()
            || body.restarts
            || body.is_endless
            || body.is_forgotten
            || body.is_per_call
            || body.is_listed
        {
            return false;
        }
        let is_itself = matches!(spot.root, SpotRoot::Instance(..)) && spot.path.is_empty();
        if is_itself && body.again.is_none() || body.greets {
            return true;
        }
        let is_lasting = matches!(lives, Lives::Process | Lives::Singleton(..) | Lives::Known(Life::Process));
        match &body.class {
            _ if self.is_of_component() => false,
            Some((class, None)) if !view.ends(file, *class) => {
                let is_making = project.is_part_of_making(file, Owner::Class(*class), file, claim.func);
                is_lasting && (is_making || body.is_last)
            }
            Some(_) => false,
            // A hook that nobody in sight calls may be called again.
            None => is_lasting && body.is_last && !project.callers(file, claim.func).is_empty(),
        }
    }

    /// Whether the target is an emitter, asked of the whole project: proved, or none if it is certainly something else.
    pub(super) fn is_emitter(&self) -> Option<bool> {
        let Self { project, body, ref spot, .. } = *self;
        let ty = project.type_of(spot);
        if let Some(model) = project::model_of(project, ty) {
            let family = project.catalog.model(model).emitter?;
            let row = project.catalog.emitter(family)?;
            return row.add.iter().chain(&row.once).any(|name| *name == body.method).then_some(true);
        }
        match ty {
            GlobalTy::Instance(file, class) if listeners::is_event_method(&body.method) => {
                // What a method of the project adds is told of where that returns its removal.
                let own = project.symbol(&body.method).and_then(|name| project.method(file, class, name));
                (body.proved || own.is_none()).then(|| extends_emitter(project, file, class))
            }
            GlobalTy::Instance(file, class) => {
                // A class of the project with its own `on`: whether it leaks is that class's affair, but it does keep it.
                let own = project.symbol(&body.method).and_then(|name| project.method(file, class, name));
                own.map(|_| false)
            }
            GlobalTy::Class(..) | GlobalTy::Function(..) => None,
            _ => Some(false),
        }
    }

    /// Whether the target is an instance of a class of the project whose own method of that name is done with the listener when
    /// it returns: it looks at it, or calls it there and then. So has each class to be that extends this one, and an empty
    /// method of what hands itself to a mixin tells nothing.
    pub(super) fn is_dropped_by_target(&self) -> bool {
        let Self { project, body, ref spot, .. } = *self;
        let GlobalTy::Instance(file, class) = project.type_of(spot) else { return false };
        let Some(name) = project.symbol(&body.method) else { return false };
        // The listener stands behind the event, or alone.
        let place_of = |of: FileId, func: FuncId| {
            let params = project.summary(of).functions[func.index()].params;
            params.min(2).checked_sub(1)
        };
        let drops = |(of, func)| place_of(of, func).is_some_and(|arg| project.keeps_nothing(of, func, arg));
        let is_empty = |(of, func)| place_of(of, func).is_some_and(|arg| project.ignores(of, func, arg));
        let own = project.method(file, class, name).map(|(of, func, _)| (of, func));
        own.is_some_and(|own| {
            drops(own)
                && project.overriding(file, class, name).into_iter().all(drops)
                && !(is_empty(own) && project.hands_itself_over(file, class))
        })
    }

    /// Whether the target outlives the code that registers, and gets one listener after another.
    pub(super) fn outlives(&self) -> Answer {
        let Self { project, file, body, ref spot, lives, .. } = *self;
        let func = self.claim.func;
        if let Some(answer) = added_per_message(project, lives, file, func) {
            return answer;
        }
        let info = project.rate(file, func);
        // A request brings its signal along, and whoever is driven by something else may be told of one request often.
        if body.is_of_request && !info.rate.is_some_and(|rate| rate.is_hot() && rate != Rate::Request) {
            return Answer::No;
        }
        if body.origin == Origin::Borrowed {
            return match info.rate {
                Some(_) if info.is_once() => Answer::No,
                Some(_) => Answer::Assumed,
                None => Answer::Unknown,
            };
        }
        match (body.origin, lives, body.signal) {
            // What is given to whoever asks is mostly made to be shared, and a component is one of many that ask.
            (Origin::Fetched, Lives::Unknown | Lives::With(..), _) => match info.rate {
                _ if info.is_once() => Answer::No,
                Some(rate) if rate >= Rate::Component => Answer::Assumed,
                _ => Answer::Unknown,
            },
            (Origin::Copied, _, Some(SignalUse::Operation)) if !info.is_once() => Answer::Assumed,
            (Origin::Copied, ..) => Answer::Unknown,
            // A signal that is handed in is made to be shared by many calls. Who calls in a program is in sight.
            (Origin::Passed | Origin::Named, Lives::Unknown, Some(SignalUse::Operation)) => match () {
                () if info.is_once() => Answer::No,
                () if project.is_of_program(file) => Answer::Unknown,
                () => Answer::Assumed,
            },
            (Origin::PassedToConstructor, Lives::With(..) | Lives::Unknown | Lives::Known(_), _) => {
                self.passed_outlives()
            }
            // A server that is handed in is set up once by whoever made it, unless something is known to do it again.
            (Origin::Passed, Lives::Known(Life::Server), _) if !info.rate.is_some_and(Rate::is_hot) => {
                Answer::Unknown
            }
            // A closure that is given away and handed a connection is its handler: it runs once for each.
            (Origin::Passed, Lives::Known(Life::Connection), _) if is_handler(project, spot, file, func) => {
                Answer::Unknown
            }
            (_, lives, _) => project.outlives(lives, file, func, body.in_loop),
        }
    }

    /// What a constructor was handed outlives the instance if instances end by themselves.
    fn passed_outlives(&self) -> Answer {
        let Self { view, project, file, body, ref spot, lives, .. } = *self;
        let Some((class, end)) = &body.class else { return Answer::Unknown };
        let outlives = |lives| project.outlives(lives, file, self.claim.func, body.in_loop);
        let info = project.class_rate(file, *class);
        if info.is_once() {
            return outlives(Lives::Process);
        }
        let is_hot = info.rate.is_some_and(Rate::is_hot);
        let param = body.handed.as_ref().map_or_else(|| spot.clone(), |param| project.canonical(file, param));
        if is_made_with_owner(project, &param) {
            return Answer::No;
        }
        // One instance for each connection or component, and the connection, or the element of the component, is what it is
        // handed.
        if info.rate.is_some_and(|rate| rate >= Rate::Component) && matches!(lives, Lives::Known(_)) {
            return outlives(lives);
        }
        if is_hot && is_new_to_handlers(project, &param) {
            let made = Lives::With(file, Owner::Class(*class), info);
            return added_per_message(project, made, file, self.claim.func).unwrap_or_else(|| outlives(made));
        }
        if !is_hot && is_handed_by_owner(project, &param, (file, *class)) {
            return Answer::Unknown;
        }
        // Nobody in sight makes one: a part of something larger, which is made and ends with it, more often than not.
        let is_made_out_of_sight = info.rate == Some(Rate::Call) && project.handings(&param).is_empty();
        let ends = end.is_some() || view.ends(file, *class);
        match (ends, info.rate) {
            (true, Some(_)) if is_made_out_of_sight && body.partial.is_none() => Answer::Unknown,
            (true, Some(_)) => Answer::Assumed,
            (true, None) => Answer::Unknown,
            (false, Some(rate)) if rate >= Rate::Component => Answer::Assumed,
            (false, _) => Answer::Unknown,
        }
    }
}

/// Whether a class of the project inherits from something of another package that is called an emitter.
fn extends_emitter(project: &Project<'_>, file: FileId, class: ClassId) -> bool {
    project.lineage(file, class).into_iter().any(|(file, class)| {
        let base = project.summary(file).classes[class.index()].base.as_ref();
        let Some(BaseRow::Place(place)) = base else { return false };
        let field = project.summary(file).place(*place).last_field();
        field.is_some_and(|name| project.name(file, name).ends_with("Emitter"))
    })
}

/// Whether the target is the root of the application, as each Vue component knows it: `this.$root.$on(…)`.
pub(super) fn is_of_root(project: &Project<'_>, spot: &Spot, body: &ListenerClaim) -> bool {
    let is_root = |step: &SpotStep| matches!(step, SpotStep::Field(name) if project.text(*name) == "$root");
    body.method.starts_with('$') && spot.path.first().is_some_and(is_root)
}

/// How long the target lives.
pub(super) fn target_life(project: &Project<'_>, spot: &Spot, body: &ListenerClaim) -> Lives {
    let model_life = body.model.and_then(|model| project.catalog.model(model).life);
    let is_window = body.model.is_some_and(|model| project.catalog.is_a(model, "Window"));
    match (project.life(spot), model_life) {
        _ if is_of_root(project, spot, body) => Lives::Process,
        // `init(win: Window)`: it is handed in since there are others than the one of the page.
        _ if is_window && body.origin == Origin::Passed && spot.path.is_empty() => Lives::Unknown,
        (Lives::Unknown, Some(life)) => Lives::Known(life),
        // What the process keeps, it keeps under whichever name: `const wide = matchMedia(query)`.
        (Lives::With(_, Owner::Run(_), _), Some(Life::Process)) => Lives::Known(Life::Process),
        (lives, _) => lives,
    }
}

/// Whether a function without a name is made to be kept, nobody in sight calls it, and the target is its parameter.
fn is_handler(project: &Project<'_>, spot: &Spot, file: FileId, func: FuncId) -> bool {
    let row = &project.summary(file).functions[func.index()];
    spot.path.is_empty()
        && project.name(file, row.name).is_empty()
        && row.is_kept
        && project.rate(file, func).rate == Some(Rate::Call)
        && project.callers(file, func).is_empty()
}

/// What is made for a connection, and listened to for each of its messages, gets one listener more with each.
fn added_per_message(project: &Project<'_>, lives: Lives, file: FileId, func: FuncId) -> Option<Answer> {
    let Lives::With(_, Owner::Class(_), made) = lives else { return None };
    let run = project.rate(file, func).rate;
    (run == Some(Rate::Message) && made.rate.is_none_or(|made| made < Rate::Message))
        .then_some(Answer::Assumed)
}

/// Whether all that construct are constructors that hand in their instance: `constructor() { this.calls = new Calls(this); }`.
/// However often that is, each instance has one.
fn is_made_with_owner(project: &Project<'_>, param: &Spot) -> bool {
    let handings = project.handings(param);
    let is_own = |handing: &Handing| match handing.spot.root {
        SpotRoot::Instance(file, class) => {
            let constructors = &project.summary(file).classes[class.index()].constructors;
            handing.spot.path.is_empty() && handing.file == file && constructors.contains(&handing.func)
        }
        _ => false,
    };
    !handings.is_empty() && handings.iter().all(is_own)
}

/// Whether all that construct hand in themselves, or what is theirs, when they are made: `this.quality = new
/// Quality(this)` in a constructor. Both then live equally long.
fn is_handed_by_owner(project: &Project<'_>, spot: &Spot, made: (FileId, ClassId)) -> bool {
    let handings = project.handings(spot);
    let is_owner = |handing: &Handing| {
        let row = &project.summary(handing.file).functions[handing.func.index()];
        let name = project.name(handing.file, row.name);
        let is_making = name == "constructor" || calls::is_startup_name(name);
        match handing.spot.root {
            SpotRoot::Instance(file, class) => {
                let is_itself = handing.spot.path.is_empty();
                row.class.is_some() && (is_making || is_itself && keeps_one(project, (file, class), made))
            }
            // `new Stream(client.call())`: made for it.
            SpotRoot::Value(..) => true,
            _ => project.is_made_by_caller(handing) || is_put_on(project, handing, made),
        }
    };
    !handings.is_empty() && handings.iter().all(is_owner)
}

/// Whether the instance becomes a part of what it is handed: `app.metrics = new Metrics(app)`.
fn is_put_on(project: &Project<'_>, handing: &Handing, made: (FileId, ClassId)) -> bool {
    let summary = project.summary(handing.file);
    summary.types.iter().any(|(place, row)| {
        let place = summary.place(*place);
        place.parent().is_some_and(|whole| project.canonical(handing.file, &whole) == handing.spot)
            && project.resolved_type(handing.file, row) == GlobalTy::Instance(made.0, made.1)
    })
}

/// Whether a class keeps an instance of another in a field of its own: `this.manager = new Manager(this)`.
fn keeps_one(project: &Project<'_>, (file, class): (FileId, ClassId), made: (FileId, ClassId)) -> bool {
    let summary = project.summary(file);
    summary.types.iter().any(|(place, row)| {
        let place = summary.place(*place);
        place.root == Root::This(class)
            && place.path.len() == 1
            && project.resolved_type(file, row) == GlobalTy::Instance(made.0, made.1)
    })
}

/// Whether all that construct are handlers which hand on what each of their runs is about: `wss.on('connection', (ws) =>
/// new Peer(ws))`. That is as new as the instance, and has no use for it any longer than that.
fn is_new_to_handlers(project: &Project<'_>, param: &Spot) -> bool {
    let handings = project.handings(param);
    let is_own = |handing: &Handing| {
        let is_own_param = match handing.spot.root {
            SpotRoot::Binding(file, binding) if handing.spot.path.is_empty() => {
                let row = project.summary(file).bindings.get(&binding);
                row.is_some_and(|row| row.is_param && project.runs_by_itself(file, row.func))
            }
            _ => false,
        };
        is_own_param || project.is_made_by_caller(handing)
    };
    !handings.is_empty() && handings.iter().all(is_own)
}

/// Another file removes listeners from the same thing, for the same event as far as can be seen.
pub(super) fn is_removed_elsewhere(
    project: &Project<'_>,
    spot: &Spot,
    file: FileId,
    event: Option<&str>,
) -> bool {
    // A namespace of jQuery, or several events in one text, may cover it.
    let is_word = |text: &str| !text.contains(['.', ' ']);
    let is_of_another = |found: &Use| match (event, found.row.what) {
        (Some(event), What::Method(_, Some(first))) => {
            let removed = project.name(found.file, first);
            is_word(event) && is_word(removed) && event != removed
        }
        _ => false,
    };
    project.uses_outside(spot, file).any(|found| is_removal(project, &found) && !is_of_another(&found))
}

/// Whether production code takes listeners away with a use.
fn is_removal(project: &Project<'_>, found: &Use) -> bool {
    project.is_production(found.file)
        && matches!(&found.row.what, What::Method(name, _) if is_removal_name(project.name(found.file, *name)))
}

fn is_removal_name(name: &str) -> bool {
    matches!(name, "off" | "removeListener" | "removeEventListener" | "removeAllListeners" | "unbind")
}
