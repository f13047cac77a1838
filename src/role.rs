//! What part a file plays, as its path says.

use outlive_semantic::summary::Role;

const TEST_FOLDERS: &[&str] = &[
    "__tests__",
    "__test__",
    "__mocks__",
    "__fixtures__",
    "__snapshots__",
    "test",
    "tests",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "playwright",
    "fixtures",
    "benchmark",
    "benchmarks",
    "perftest",
    "perftests",
    "bench",
    "perf",
    "testing",
    "test-utils",
    "testdata",
    "stories",
    "mock",
    "mocks",
    "integration-tests",
    "interop",
    "unit-tests",
    "step_definitions",
    "step-definitions",
    "jest",
    // What an example or a manual calls once, its users call as often as they like.
    "example",
    "examples",
    "demo",
    "demos",
    "sample",
    "samples",
    "playground",
    "sandbox",
    "recipes",
    "docs",
    "documentation",
    "doc",
    "website",
    "www",
];

/// How folders of one kind of test end: an `ab-test` is none.
const KINDS_OF_TESTS: &[&str] =
    &["smoke-test", "unit-test", "integration-test", "load-test", "stress-test", "acceptance-test"];

const SCRIPT_FOLDERS: &[&str] = &[
    "scripts",
    "script",
    "tools",
    "tooling",
    ".storybook",
    ".github",
    "build-tools",
    "maintenance",
    "eslint-plugin",
    "codemods",
    "migrations",
    "seeds",
    "seeders",
];

const TEST_SUFFIXES: &[&str] = &[
    ".test",
    ".tests",
    ".spec",
    ".specs",
    ".stories",
    ".story",
    ".e2e",
    ".bench",
    ".mock",
    ".cy",
    "_test",
    "-test",
    ".e2e-spec",
    "_spec",
];

/// Files of tests by their whole names.
const FILES_OF_TESTS: &[&str] = &[
    "test",
    "tests",
    "spec",
    "bench",
    "benchmark",
    "demo",
    "test-helper",
    "test-helpers",
    "test-utils",
    "test-setup",
];

const SCRIPT_NAMES: &[&str] = &[
    "gruntfile",
    "gulpfile",
    "rollup.config",
    "webpack.config",
    "vite.config",
    "vitest.config",
    "jest.config",
    "karma.conf",
    "babel.config",
    "next.config",
    "nuxt.config",
    "svelte.config",
    "astro.config",
    "tailwind.config",
    "postcss.config",
    "eslint.config",
    ".eslintrc",
    "prettier.config",
    "esbuild.config",
    "tsup.config",
    "playwright.config",
    "cypress.config",
    "metro.config",
    "commitlint.config",
    "protractor.conf",
    "wdio.conf",
    "jakefile",
    "esbuild",
    "setuptests",
    "jest.setup",
    "vitest.setup",
    "test-setup",
];

/// Names of folders and files that hold the command line of a program.
const COMMAND_LINE: &[&str] = &["bin", "cli", "command-line"];

/// What a folder holds that is there to be tried, by the last word of its name: `manual-sandbox`, `debug-harness`.
const TRIED: &[&str] = &[
    "tests",
    "e2e",
    "specs",
    "sandbox",
    "playground",
    "harness",
    "example",
    "examples",
    "samples",
    "demo",
    "demos",
];

/// What tests have of their own: `oauth-test-server`.
const OF_TESTS: &[&str] = &["server", "app", "utils", "helpers", "data", "harness", "fixtures"];

/// Whether a folder holds tests: one of the names, or a compound of them: `test-e2e`, `browser_tests`.
fn is_test_folder(name: &str) -> bool {
    let words: Vec<&str> = name.split(['-', '_']).collect();
    TEST_FOLDERS.contains(&name)
        || matches!(words[..], ["test" | "tests" | "e2e", ..])
        || matches!(words[..], [.., last] if TRIED.contains(&last))
        || matches!(words[..], [.., "test", of] if OF_TESTS.contains(&of))
        || KINDS_OF_TESTS.iter().any(|kind| name.ends_with(kind))
}

/// Whether a folder of Cucumber's holds what steps use: `features/support`, `features-api/support`.
fn is_cucumber(folders: &str) -> bool {
    let names: Vec<&str> = folders.split('/').collect();
    names
        .windows(2)
        .any(|pair| matches!(pair, [outer, "support"] if outer.split(['-', '_']).next() == Some("features")))
}

/// Whether one of the folders around a file holds tests or examples. What an application shows of itself is a part of it:
/// `src/app/examples/crud`.
fn is_of_tests(folders: &str) -> bool {
    let mut outer = "";
    folders.split('/').any(|folder| {
        let before = std::mem::replace(&mut outer, folder);
        is_test_folder(folder) && !(matches!(folder, "example" | "examples") && before == "app")
    })
}

/// Folders of what is shipped: what is called `scripts` there is the program, `app/scripts/views`.
const SHIPPED: &[&str] = &["app", "src", "lib", "public", "static", "assets", "client", "www"];

/// Whether one of the folders around a file holds what is run by hand, or by a build.
fn is_of_scripts(folders: &str) -> bool {
    let mut outer = "";
    folders.split('/').any(|folder| {
        let before = std::mem::replace(&mut outer, folder);
        SCRIPT_FOLDERS.contains(&folder) && !(folder == "scripts" && SHIPPED.contains(&before))
    })
}

/// The role of a file by its path relative to the project's root.
pub(crate) fn of_path(path: &str) -> Role {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    // `table.clienttest.tsx`
    if stem.rsplit_once('.').is_some_and(|(_, kind)| kind.ends_with("test")) {
        return Role::Test;
    }
    if TEST_SUFFIXES.iter().any(|suffix| stem.ends_with(suffix))
        || is_of_tests(folders)
        || is_cucumber(folders)
    {
        return Role::Test;
    }
    let is_example = stem.split(['-', '_']).next() == Some("example");
    let is_of_runner = matches!(stem.split_once('.'), Some(("vitest" | "jest", _)));
    if is_example || is_of_runner && !SCRIPT_NAMES.contains(&stem) || FILES_OF_TESTS.contains(&stem) {
        return Role::Test;
    }
    let is_script = SCRIPT_NAMES.contains(&stem)
        || stem.ends_with(".config")
        || stem.ends_with(".conf")
        // `build.icons.js`, `script.build.javascript.js`
        || matches!(stem.split_once('.'), Some(("build" | "script", _)))
        // What stands in a `dev` further down may well be a part of the program.
        || folders.split('/').next() == Some("dev")
        || is_of_scripts(folders);
    let mut names = lower.split('/').map(|part| part.split_once('.').map_or(part, |(name, _)| name));
    match () {
        () if names.any(|name| COMMAND_LINE.contains(&name)) => Role::CommandLine,
        () if is_script => Role::Script,
        () => Role::Source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_come_from_folders_and_names() {
        assert_eq!(of_path("src/cache.js"), Role::Source);
        assert_eq!(of_path("src/__tests__/cache.js"), Role::Test);
        assert_eq!(of_path("src/cache.test.ts"), Role::Test);
        assert_eq!(of_path("test/cache.js"), Role::Test);
        assert_eq!(of_path("src/testing-utils.ts"), Role::Source);
        assert_eq!(of_path("packages/kafka/src/test-helper.ts"), Role::Test);
        assert_eq!(of_path("test-e2e/framework/client.ts"), Role::Test);
        assert_eq!(of_path("browser_tests/page.js"), Role::Test);
        assert_eq!(of_path("src/ab-test/variant.js"), Role::Source);
        assert_eq!(of_path("packages/shop-smoke-test/server.ts"), Role::Test);
        assert_eq!(of_path("vitest.serializer.ts"), Role::Test);
        assert_eq!(of_path("src/table.clienttest.tsx"), Role::Test);
        assert_eq!(of_path("example-stream.js"), Role::Test);
        assert_eq!(of_path("docs/guides/start.ts"), Role::Test);
        assert_eq!(of_path("features-api/support/world.ts"), Role::Test);
        assert_eq!(of_path("src/features/tickets/support.ts"), Role::Source);
        assert_eq!(of_path("src/features/support.ts"), Role::Source);
        assert_eq!(of_path("src/examples.js"), Role::Source);
        assert_eq!(of_path("manual-testing-sandbox/next/app.ts"), Role::Test);
        assert_eq!(of_path("src/dev/debug-harness/server.ts"), Role::Test);
        assert_eq!(of_path("scripts-example/weather.js"), Role::Test);
        assert_eq!(of_path("src/oauth-test-server/server.ts"), Role::Test);
        assert_eq!(of_path("src/sandboxes/worker.ts"), Role::Source);
        assert_eq!(of_path("packages/maintenance/src/docs.ts"), Role::Script);
        assert_eq!(of_path("packages/eslint-plugin/src/words.ts"), Role::Script);
        assert_eq!(of_path("vite.config.ts"), Role::Script);
        assert_eq!(of_path("scripts/release.js"), Role::Script);
        assert_eq!(of_path("packages/shop/scripts/release.js"), Role::Script);
        assert_eq!(of_path("app/scripts/views/list.js"), Role::Source);
        assert_eq!(of_path("src/app/examples/crud/list.ts"), Role::Source);
        assert_eq!(of_path("packages/shop/examples/list.ts"), Role::Test);
        assert_eq!(of_path("documentation/sample.js"), Role::Test);
        assert_eq!(of_path("dev/update-authors.js"), Role::Script);
        assert_eq!(of_path("ui/build/script.build.javascript.js"), Role::Script);
        assert_eq!(of_path("src/build.ts"), Role::Source);
        assert_eq!(of_path("src/dev/server.js"), Role::Source);
        assert_eq!(of_path("bin/server.js"), Role::CommandLine);
        assert_eq!(of_path("src/cli.ts"), Role::CommandLine);
        assert_eq!(of_path("src/client.ts"), Role::Source);
        assert_eq!(of_path("contest/latest.js"), Role::Source);
    }
}
