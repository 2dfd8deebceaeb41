//! What is built for tests alone, and so is not part of the service.

use crate::source::{MAX_CONFIG_BYTES, Sources, folder_of};

/// Whether attributes leave an item out of everything but tests: `#[cfg(test)]`, `#[test]`, that of a runtime, `#[bench]`.
pub(super) fn attributes(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        if path.is_ident("cfg") {
            return attribute.parse_args::<syn::Meta>().is_ok_and(|condition| implies_test(&condition, 16));
        }
        path.segments.last().is_some_and(|last| last.ident == "test" || last.ident == "bench" || last.ident == "rstest")
    })
}

/// Whether a condition never holds outside of tests: `test`, `all(test, unix)`; not `any(test, feature = "x")`.
fn implies_test(condition: &syn::Meta, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let inner = |list: &syn::MetaList| {
        list.parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated).map(Vec::from_iter).unwrap_or_default()
    };
    match condition {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("all") => inner(list).iter().any(|c| implies_test(c, depth)),
        syn::Meta::List(list) if list.path.is_ident("any") => {
            let all = inner(list);
            !all.is_empty() && all.iter().all(|c| implies_test(c, depth))
        }
        _ => false,
    }
}

/// Whether an item is for tests alone.
pub(super) fn item(item: &syn::Item) -> bool {
    attributes(match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    })
}

/// Whether cargo builds a file for tests, benchmarks, examples or the build alone: by where it lies below the folder with
/// `Cargo.toml`. A folder `tests` elsewhere says nothing: that is for [`module`].
pub(super) fn by_layout(sources: &Sources, path: &str) -> bool {
    let mut folder = folder_of(path);
    loop {
        let manifest = if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") };
        if sources.exists(&manifest) {
            let inside = if folder.is_empty() { path } else { path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/')) };
            let first = inside.split('/').next().unwrap_or_default();
            return inside == "build.rs" || (inside.contains('/') && matches!(first, "tests" | "benches" | "examples"));
        }
        if folder.is_empty() {
            return false;
        }
        folder = folder_of(folder);
    }
}

/// How many modules a file is looked for in, upwards.
const MOST_STEPS: usize = 16;

/// Whether the module that a file is was declared for tests alone, by the file that declares it or one above that.
pub(super) fn module(sources: &mut Sources, path: &str) -> bool {
    let mut path = path.to_owned();
    for _ in 0..MOST_STEPS {
        let folder = folder_of(&path).to_owned();
        let stem = path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")).unwrap_or_default().to_owned();
        let (name, above) = match stem.as_str() {
            "lib" | "main" => return false,
            "mod" => (folder.rsplit('/').next().unwrap_or_default().to_owned(), folder_of(&folder).to_owned()),
            other => (other.to_owned(), folder),
        };
        let below = |name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
        // `a/b.rs` is declared in `a/mod.rs`, `a.rs`, or the root of the crate.
        let candidates = [below("mod.rs"), format!("{above}.rs"), below("lib.rs"), below("main.rs")];
        let Some(parent) = candidates.into_iter().find(|p| *p != path && sources.exists(p)) else { return false };
        match declared(sources, &parent, &name) {
            Some(true) => return true,
            Some(false) => path = parent,
            None => return false,
        }
    }
    false
}

/// Whether a file declares a module for tests alone; `None` where it does not declare it.
fn declared(sources: &mut Sources, parent: &str, name: &str) -> Option<bool> {
    let id = sources.read(parent, MAX_CONFIG_BYTES).ok()?;
    let file = super::parse(sources.get(id).text()?).ok()?.0;
    if attributes(&file.attrs) {
        return Some(true);
    }
    file.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() && module.ident == name => Some(attributes(&module.attrs)),
        _ => None,
    })
}
