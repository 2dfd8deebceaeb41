//! What a name in a file means: real resolution through `use`, as far as one file decides it.
//!
//! A name is followed to the crate that defines it, through renames, groups, globs of crates whose exports are known,
//! type aliases and modules of the same file. `crate::` paths, and names that something else may bring in, are unknown.

use std::collections::{BTreeSet, HashMap};
use syn::visit::{self, Visit};

/// How many renames of renames are followed.
const MOST_STEPS: usize = 16;
/// Globs of one module or block that are looked through; where there are more, a name may be anything.
const MOST_GLOBS: usize = 64;

/// Globs that are looked through: the path, and the names of it that any rule asks for.
const EXPORTS: [(&str, &[&str]); 10] = [
    (
        "jsonwebtoken",
        &[
            "Validation",
            "Header",
            "Algorithm",
            "EncodingKey",
            "DecodingKey",
            "decode",
            "decode_header",
            "dangerous",
            "dangerous_insecure_decode",
            "dangerous_insecure_decode_with_validation",
        ],
    ),
    ("jsonwebtoken::Algorithm", &["HS256", "HS384", "HS512", "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"]),
    ("jsonwebtoken::dangerous", &["insecure_decode", "insecure_decode_claims"]),
    ("std::time", &["Duration"]),
    ("std::env", &["var"]),
    ("cookie", &["Cookie", "CookieBuilder", "Key"]),
    ("actix_governor", &["GovernorConfigBuilder"]),
    ("tower_governor::governor", &["GovernorConfigBuilder"]),
    ("tower_governor::key_extractor", &["SmartIpKeyExtractor"]),
    ("tower_sessions", &["SessionManagerLayer"]),
];

/// Paths that are the same thing by a re-export of a well-known crate: `axum_extra::extract::cookie` is the crate `cookie`.
const SAME: [(&str, &str); 13] = [
    ("core::time", "std::time"),
    ("tokio::time::Duration", "std::time::Duration"),
    ("axum_extra::extract::cookie", "cookie"),
    ("actix_web::cookie", "cookie"),
    ("tower_cookies::cookie", "cookie"),
    ("tower_cookies::Cookie", "cookie::Cookie"),
    ("tower_cookies::Key", "cookie::Key"),
    ("tower_sessions::cookie", "cookie"),
    ("rocket::http::Cookie", "cookie::Cookie"),
    ("chrono::TimeDelta", "chrono::Duration"),
    ("dotenvy::var", "std::env::var"),
    ("dotenv::var", "std::env::var"),
    ("actix_governor::governor", "governor"),
];

/// The path by the name of the crate that defines the thing.
fn canonical(segments: &[String]) -> String {
    let path = segments.join("::");
    for (from, to) in SAME {
        if let Some(rest) = path.strip_prefix(from)
            && (rest.is_empty() || rest.starts_with("::"))
        {
            return format!("{to}{rest}");
        }
    }
    path
}

/// What a name stands for.
#[derive(Clone, Debug)]
enum Name<'a> {
    /// Another path, from the place where it was brought in: an import or a type alias.
    Path(Vec<String>),
    /// A module of this file, by its number.
    Module(usize),
    /// A constant with its value.
    Const(&'a syn::Expr),
    /// A function: no path leads through it, so that one called `cookie` does not hide the crate.
    Function,
    /// Defined here, and nothing that can be followed.
    Local,
}

/// What the globs around bring in under a name.
enum Globbed {
    /// Something of another crate.
    From(Vec<String>),
    /// Something of this file.
    Own,
    /// Nothing that is known.
    Nothing,
}

/// A module or a block: what it brings in by name.
#[derive(Debug, Default)]
struct Scope<'a> {
    names: HashMap<String, Name<'a>>,
    globs: BTreeSet<Vec<String>>,
    /// The scope around it; of a module, the module above.
    above: Option<usize>,
    is_module: bool,
}

/// Scopes of one file.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    scopes: Vec<Scope<'a>>,
    /// Scope of each block with names of its own, and of each inline module, by its first byte.
    at: HashMap<usize, usize>,
    /// The scope that is being looked from.
    current: usize,
    /// First segments of all paths: the crates that the file names, and more.
    roots: BTreeSet<String>,
}

impl<'a> Names<'a> {
    /// The names of a file.
    pub(super) fn new(file: &'a syn::File) -> Self {
        let mut names = Self::default();
        names.scopes.push(Scope { is_module: true, ..Scope::default() });
        names.items(0, &file.items);
        names.visit_file(file);
        names.current = 0;
        names
    }

    /// Whether the file names a crate by its own name, in an import or a path.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.roots.contains(name)
    }

    /// Enters the scope that begins at a byte, if it has names of its own; gives the one to go back to.
    pub(super) fn enter(&mut self, start: usize) -> usize {
        let before = self.current;
        if let Some(scope) = self.at.get(&start) {
            self.current = *scope;
        }
        before
    }

    /// Goes back.
    pub(super) fn leave(&mut self, before: usize) {
        self.current = before;
    }

    /// The whole path of what a path means, if it comes from another crate.
    pub(super) fn resolve(&self, path: &syn::Path) -> Option<String> {
        let segments: Vec<String> = path.segments.iter().map(|s| unraw(&s.ident)).collect();
        if path.leading_colon.is_some() {
            return Some(canonical(&segments));
        }
        self.follow(self.current, &segments, MOST_STEPS).map(|path| canonical(&path))
    }

    /// The path as the file spells it out: an import in place of the name that it brings in.
    pub(super) fn spelled(&self, path: &syn::Path) -> String {
        let segments: Vec<String> = path.segments.iter().map(|s| unraw(&s.ident)).collect();
        let Some((first, rest)) = segments.split_first() else { return String::new() };
        match self.find(self.current, first) {
            Some((_, Name::Path(import))) => import.iter().chain(rest).cloned().collect::<Vec<_>>().join("::"),
            _ => segments.join("::"),
        }
    }

    /// Whether a path leads to something of this crate, or nowhere that this file knows of.
    pub(super) fn is_own(&self, path: &syn::Path) -> bool {
        let first = path.segments.first().map(|s| unraw(&s.ident)).unwrap_or_default();
        path.leading_colon.is_none() && (path.segments.len() == 1 || self.find(self.current, &first).is_some()) && self.resolve(path).is_none()
            || matches!(first.as_str(), "crate" | "self" | "super")
    }

    /// The value of a constant of this file.
    pub(super) fn constant(&self, path: &syn::Path) -> Option<&'a syn::Expr> {
        if path.leading_colon.is_some() {
            return None;
        }
        let segments: Vec<String> = path.segments.iter().map(|s| unraw(&s.ident)).collect();
        let (name, modules) = segments.split_last()?;
        let mut scope = self.current;
        for step in modules {
            scope = match step.as_str() {
                "self" => self.module_of(scope),
                "super" => self.scopes[self.module_of(scope)].above?,
                step => match self.find(scope, step)? {
                    (_, Name::Module(inner)) => *inner,
                    _ => return None,
                },
            };
        }
        match self.find(scope, name)? {
            (_, Name::Const(value)) => Some(value),
            (from, Name::Path(path)) if matches!(path.first().map(String::as_str), Some("super" | "self")) && path.len() == 2 => {
                let module = self.module_of(from);
                let module = if path[0] == "super" { self.scopes[module].above? } else { module };
                match self.find(module, &path[1])? {
                    (_, Name::Const(value)) => Some(value),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn module_of(&self, mut scope: usize) -> usize {
        while let (false, Some(above)) = (self.scopes[scope].is_module, self.scopes[scope].above) {
            scope = above;
        }
        scope
    }

    /// The scope that has a name, and what it is there. A module does not see what the one above it has.
    fn find(&self, mut scope: usize, name: &str) -> Option<(usize, &Name<'a>)> {
        loop {
            if let Some(found) = self.scopes[scope].names.get(name) {
                return Some((scope, found));
            }
            if self.scopes[scope].is_module {
                return None;
            }
            scope = self.scopes[scope].above?;
        }
    }

    fn follow(&self, scope: usize, segments: &[String], steps: usize) -> Option<Vec<String>> {
        let (first, rest) = segments.split_first()?;
        let steps = steps.checked_sub(1)?;
        match first.as_str() {
            "" => return Some(rest.to_vec()),
            "crate" | "Self" => return None,
            "self" => return self.follow_in(self.module_of(scope), rest, steps),
            "super" => return self.follow_in(self.scopes[self.module_of(scope)].above?, rest, steps),
            _ => {}
        }
        let leads_on = |name: &Name<'_>| rest.is_empty() || !matches!(name, Name::Const(_) | Name::Function);
        match self.find(scope, first).filter(|(_, name)| leads_on(name)) {
            Some((from, Name::Path(path))) => {
                let whole: Vec<String> = path.iter().chain(rest).cloned().collect();
                // `use jsonwebtoken;` and `use cookie::cookie;` name the crate.
                if path.first() == Some(first) { Some(whole) } else { self.follow(from, &whole, steps) }
            }
            Some((_, Name::Module(inner))) => self.follow_in(*inner, rest, steps),
            Some((_, Name::Const(_) | Name::Function | Name::Local)) => None,
            None => match self.through_globs(scope, first, steps) {
                Globbed::From(mut path) => {
                    path.extend(rest.iter().cloned());
                    Some(path)
                }
                Globbed::Own => None,
                // A crate by its own name; a bare name may be anything.
                Globbed::Nothing => (!rest.is_empty()).then(|| segments.to_vec()),
            },
        }
    }

    /// In a module of this file: what it does not have itself is unknown.
    fn follow_in(&self, module: usize, segments: &[String], steps: usize) -> Option<Vec<String>> {
        let first = segments.first()?;
        if self.scopes[module].names.contains_key(first) || matches!(first.as_str(), "super" | "self") {
            return self.follow(module, segments, steps);
        }
        let Globbed::From(mut path) = self.through_globs(module, first, steps) else { return None };
        path.extend(segments[1..].iter().cloned());
        Some(path)
    }

    /// What a glob of this scope or one around it brings in under a name.
    fn through_globs(&self, mut scope: usize, name: &str, steps: usize) -> Globbed {
        let Some(steps) = steps.checked_sub(1) else { return Globbed::Own };
        loop {
            if self.scopes[scope].globs.len() > MOST_GLOBS {
                return Globbed::Own;
            }
            for glob in &self.scopes[scope].globs {
                if glob.as_slice() == ["super"] {
                    let Some(above) = self.scopes[self.module_of(scope)].above else { continue };
                    // `use jsonwebtoken as jwt;` above: a name of one step is that of a crate.
                    if let Some(Name::Path(path)) = self.scopes[above].names.get(name)
                        && let [of] = path.as_slice()
                        && !matches!(of.as_str(), "self" | "super" | "crate" | "Self")
                        && self.find(above, of).is_none()
                    {
                        return Globbed::From(path.clone());
                    }
                    if let Some(path) = self.follow_in(above, &[name.to_owned()], steps) {
                        return Globbed::From(path);
                    }
                    if self.scopes[above].names.contains_key(name) {
                        return Globbed::Own;
                    }
                    continue;
                }
                let Some(path) = self.path_of_glob(scope, glob, steps) else { continue };
                let of = canonical(&path);
                if EXPORTS.iter().any(|(from, names)| *from == of && names.contains(&name)) {
                    return Globbed::From(of.split("::").map(str::to_owned).chain([name.to_owned()]).collect());
                }
            }
            if self.scopes[scope].is_module {
                return Globbed::Nothing;
            }
            let Some(above) = self.scopes[scope].above else { return Globbed::Nothing };
            scope = above;
        }
    }

    /// Where a glob leads. Other globs are not asked: a file with many would be looked through again and again.
    fn path_of_glob(&self, mut scope: usize, glob: &[String], steps: usize) -> Option<Vec<String>> {
        let mut path = glob.to_vec();
        for _ in 0..steps {
            let first = path.first()?.clone();
            match (first.as_str(), self.find(scope, &first)) {
                ("", _) => return Some(path.split_off(1)),
                ("crate" | "self" | "super", _) => return None,
                (_, None) => return Some(path),
                (_, Some((from, Name::Path(import)))) => {
                    let names_itself = import.first() == Some(&first);
                    path.splice(..1, import.iter().cloned());
                    scope = from;
                    if names_itself {
                        return Some(path);
                    }
                }
                (_, Some(_)) => return None,
            }
        }
        None
    }

    fn items(&mut self, scope: usize, items: &'a [syn::Item]) {
        for item in items {
            self.item(scope, item);
        }
    }

    fn item(&mut self, scope: usize, item: &'a syn::Item) {
        // Where tests have another of a name, that is not what the service is built with.
        if super::tests_only::item(item) {
            return;
        }
        let (ident, name) = match item {
            syn::Item::Use(item) => return self.import(scope, item),
            syn::Item::ExternCrate(item) => {
                let name = item.rename.as_ref().map_or(&item.ident, |(_, rename)| rename);
                (name, Name::Path(vec![unraw(&item.ident)]))
            }
            syn::Item::Type(item) => match &*item.ty {
                syn::Type::Path(alias) if alias.qself.is_none() && item.generics.params.is_empty() => {
                    let start = alias.path.leading_colon.as_ref().map(|_| String::new());
                    (&item.ident, Name::Path(start.into_iter().chain(alias.path.segments.iter().map(|s| unraw(&s.ident))).collect()))
                }
                _ => (&item.ident, Name::Local),
            },
            syn::Item::Const(item) => (&item.ident, Name::Const(&item.expr)),
            syn::Item::Static(item) if matches!(item.mutability, syn::StaticMutability::None) => (&item.ident, Name::Const(&item.expr)),
            syn::Item::Static(item) => (&item.ident, Name::Local),
            syn::Item::Enum(item) => (&item.ident, Name::Local),
            syn::Item::Fn(item) => {
                // What an import brings in under the name may be a type or a module beside it.
                self.scopes[scope].names.entry(unraw(&item.sig.ident)).or_insert(Name::Function);
                return;
            }
            syn::Item::Struct(item) => (&item.ident, Name::Local),
            syn::Item::Trait(item) => (&item.ident, Name::Local),
            syn::Item::Union(item) => (&item.ident, Name::Local),
            syn::Item::Mod(item) => match &item.content {
                Some((brace, inner)) => {
                    let module = self.scope(super::super::tokens::bytes(brace.span.join()).start, Some(scope), true);
                    self.items(module, inner);
                    (&item.ident, Name::Module(module))
                }
                None => (&item.ident, Name::Local),
            },
            _ => return,
        };
        self.scopes[scope].names.insert(unraw(ident), name);
    }

    fn scope(&mut self, start: usize, above: Option<usize>, is_module: bool) -> usize {
        self.scopes.push(Scope { above, is_module, ..Scope::default() });
        self.at.insert(start, self.scopes.len() - 1);
        self.scopes.len() - 1
    }

    fn import(&mut self, scope: usize, item: &syn::ItemUse) {
        let mut todo: Vec<(Vec<String>, &syn::UseTree)> = vec![(Vec::new(), &item.tree)];
        while let Some((path, tree)) = todo.pop() {
            let with = |ident: &syn::Ident| path.iter().cloned().chain([unraw(ident)]).collect::<Vec<String>>();
            match tree {
                syn::UseTree::Path(step) => todo.push((with(&step.ident), &step.tree)),
                syn::UseTree::Group(group) => todo.extend(group.items.iter().map(|tree| (path.clone(), tree))),
                syn::UseTree::Glob(_) => drop(self.scopes[scope].globs.insert(path)),
                syn::UseTree::Name(name) if name.ident == "self" => {
                    if let Some(last) = path.last().cloned() {
                        self.scopes[scope].names.insert(last, Name::Path(path));
                    }
                }
                syn::UseTree::Name(name) => {
                    self.scopes[scope].names.insert(unraw(&name.ident), Name::Path(with(&name.ident)));
                }
                syn::UseTree::Rename(name) if name.ident == "self" => drop(self.scopes[scope].names.insert(unraw(&name.rename), Name::Path(path))),
                syn::UseTree::Rename(name) => drop(self.scopes[scope].names.insert(unraw(&name.rename), Name::Path(with(&name.ident)))),
            }
        }
    }
}

/// Finds the blocks that bring in names of their own, and the first segments of all paths.
impl<'a> Visit<'a> for Names<'a> {
    fn visit_block(&mut self, block: &'a syn::Block) {
        let before = self.current;
        let items: Vec<&'a syn::Item> = block.stmts.iter().filter_map(|s| if let syn::Stmt::Item(item) = s { Some(item) } else { None }).collect();
        if !items.is_empty() {
            let scope = self.scope(super::super::tokens::bytes(block.brace_token.span.join()).start, Some(before), false);
            for item in items {
                self.item(scope, item);
            }
            self.current = scope;
        }
        visit::visit_block(self, block);
        self.current = before;
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        let before = self.current;
        if let Some((brace, _)) = &module.content {
            self.enter(super::super::tokens::bytes(brace.span.join()).start);
        }
        visit::visit_item_mod(self, module);
        self.current = before;
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        if path.segments.len() > 1
            && let Some(first) = path.segments.first()
        {
            self.roots.insert(unraw(&first.ident));
        }
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        let mut todo = vec![&item.tree];
        while let Some(tree) = todo.pop() {
            match tree {
                syn::UseTree::Path(step) => drop(self.roots.insert(unraw(&step.ident))),
                syn::UseTree::Name(name) => drop(self.roots.insert(unraw(&name.ident))),
                syn::UseTree::Rename(name) => drop(self.roots.insert(unraw(&name.ident))),
                syn::UseTree::Group(group) => todo.extend(&group.items),
                syn::UseTree::Glob(_) => {}
            }
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'a syn::ItemExternCrate) {
        self.roots.insert(unraw(&item.ident));
    }
}

/// A name without `r#`.
pub(super) fn unraw(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}
