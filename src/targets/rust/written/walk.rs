//! One walk over a file: names and local variables are kept up, and each rule looks at the expressions it knows.

use super::names::{Names, unraw};
use super::{config_literal, cookies, forwarded, limits, secrets, tests_only, tls, validation};
use crate::finding::{Rule, Verdict};
use crate::policy::Policy;
use crate::source::Span;
use crate::strictness::Value;
use crate::targets::rust::tokens::bytes;
use std::collections::HashMap;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// What a rule found.
#[derive(Debug)]
pub(super) struct Hint {
    pub(super) rule: &'static Rule,
    /// The bytes that decide.
    pub(super) at: Range<usize>,
    /// Words to these bytes; may be empty.
    pub(super) label: String,
    pub(super) weight: Weight,
    /// One sentence without a full stop; unused where the policy's own order judges.
    pub(super) message: String,
    pub(super) help: Vec<String>,
}

/// How much it says.
#[derive(Debug)]
pub(super) enum Weight {
    /// By the rule's severity.
    Rule,
    /// Only a warning here, whatever the rule's severity.
    Warning,
    /// A verdict, and where the policy says otherwise.
    Verdict(Verdict, Option<Span>),
    /// A value of an intent, judged by its order.
    Value { intent: String, value: Value, what: String },
}

/// What the type of a variable or expression is, of those that a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// jsonwebtoken's `Validation`.
    Validation,
    /// jsonwebtoken's `Header`, of a token that is made.
    Header,
    /// The header of a token that was not verified.
    TokenHeader,
    /// Its algorithm.
    TokenAlgorithm,
    /// A cookie of the crate `cookie`, or its builder.
    Cookie,
    /// The cookie settings of a session layer.
    Session,
    /// The configuration of tower_governor or actix-governor.
    Governor,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Variable {
    pub(super) kind: Option<Kind>,
    /// Of a `Validation` that was made in this function: its number.
    pub(super) made: Option<usize>,
    /// Of a `Validation` or `Header` that was made with its default: the first byte of the call.
    pub(super) by_default: Option<usize>,
}

/// The state of a walk.
pub(super) struct Walk<'a> {
    pub(super) policy: &'a Policy,
    pub(super) names: Names<'a>,
    /// Arguments of macros that are lists of expressions, by first byte.
    pub(super) macros: &'a HashMap<usize, Vec<syn::Expr>>,
    variables: Vec<HashMap<String, Variable>>,
    /// The types of the `impl`s around.
    pub(super) own_types: Vec<String>,
    pub(super) hints: Vec<Hint>,
    /// What must not be shown.
    pub(super) secrets: Vec<Range<usize>>,
    pub(super) validations: Vec<validation::Made>,
    pub(super) forwarded: Vec<forwarded::Seen>,
    /// How many `if`s of a function are around: whether what stands in them happens is decided at run time.
    conditions: usize,
    /// Of structs of this file: type and field, and what the field is.
    fields: HashMap<(String, String), Kind>,
    /// For each function around: whether it looks at the algorithm of a token's header by itself.
    pub(super) checks_algorithm: Vec<bool>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(policy: &'a Policy, file: &'a syn::File, macros: &'a HashMap<usize, Vec<syn::Expr>>) -> Self {
        let mut walk = Self {
            policy,
            names: Names::new(file),
            macros,
            variables: vec![HashMap::new()],
            own_types: Vec::new(),
            hints: Vec::new(),
            secrets: Vec::new(),
            validations: Vec::new(),
            forwarded: Vec::new(),
            conditions: 0,
            fields: HashMap::new(),
            checks_algorithm: Vec::new(),
        };
        for item in &file.items {
            let syn::Item::Struct(item) = item else { continue };
            for field in &item.fields {
                if let (Some(name), Some(kind)) = (&field.ident, walk.type_kind(&field.ty)) {
                    walk.fields.insert((unraw(&item.ident), unraw(name)), kind);
                }
            }
        }
        walk
    }

    pub(super) fn hint(&mut self, rule: &'static Rule, at: proc_macro2::Span, message: impl Into<String>, help: impl Into<String>) {
        self.weighted(rule, at, Weight::Rule, message, help);
    }

    /// A switch that is off: a hole, or a warning where a condition around it decides.
    pub(super) fn switch(&mut self, rule: &'static Rule, at: proc_macro2::Span, weight: Weight, message: impl Into<String>, help: impl Into<String>) {
        let depends = self.conditions > 0;
        self.weighted(rule, at, if depends { Weight::Warning } else { weight }, message, help);
        if let Some(hint) = self.hints.last_mut().filter(|_| depends) {
            "where the condition around it holds".clone_into(&mut hint.label);
        }
    }

    pub(super) fn weighted(&mut self, rule: &'static Rule, at: proc_macro2::Span, weight: Weight, message: impl Into<String>, help: impl Into<String>) {
        self.hints.push(Hint { rule, at: bytes(at), label: String::new(), weight, message: message.into(), help: vec![help.into()] });
    }

    /// The whole path of the function that a call names.
    pub(super) fn function(&self, call: &syn::ExprCall) -> Option<String> {
        match &*call.func {
            syn::Expr::Path(path) if path.qself.is_none() => self.names.resolve(&path.path),
            _ => None,
        }
    }

    pub(super) fn variable(&self, expr: &syn::Expr) -> Option<Variable> {
        let syn::Expr::Path(path) = super::values::bare(expr) else { return None };
        let name = unraw(path.path.get_ident()?);
        self.variables.iter().rev().find_map(|scope| scope.get(&name)).copied()
    }

    /// What an expression is.
    pub(super) fn kind(&self, expr: &syn::Expr) -> Option<Kind> {
        match expr {
            syn::Expr::Paren(e) => self.kind(&e.expr),
            syn::Expr::Group(e) => self.kind(&e.expr),
            syn::Expr::Reference(e) => self.kind(&e.expr),
            syn::Expr::Unary(e) if matches!(e.op, syn::UnOp::Deref(_)) => self.kind(&e.expr),
            syn::Expr::Try(e) => self.kind(&e.expr),
            syn::Expr::Path(_) => self.variable(expr)?.kind,
            syn::Expr::Call(call) => constructed(&self.function(call)?),
            syn::Expr::Struct(e) => of_type(&self.names.resolve(&e.path)?),
            syn::Expr::Field(field) if matches!(&*field.base, syn::Expr::Path(base) if base.path.is_ident("self")) => {
                let syn::Member::Named(name) = &field.member else { return None };
                self.fields.get(&(self.own_types.last()?.clone(), unraw(name))).copied()
            }
            syn::Expr::Field(field) => {
                let is_algorithm = matches!(&field.member, syn::Member::Named(name) if name == "alg");
                (is_algorithm && self.kind(&field.base)? == Kind::TokenHeader).then_some(Kind::TokenAlgorithm)
            }
            syn::Expr::MethodCall(call) => {
                let kind = self.kind(&call.receiver)?;
                let method = unraw(&call.method);
                let keeps = match kind {
                    Kind::TokenHeader => {
                        matches!(method.as_str(), "unwrap" | "expect" | "map_err" | "ok" | "ok_or" | "ok_or_else" | "clone" | "context" | "with_context")
                    }
                    Kind::TokenAlgorithm | Kind::Validation | Kind::Header => method == "clone",
                    Kind::Governor => method != "finish",
                    Kind::Cookie => !matches!(method.as_str(), "to_string" | "value" | "name" | "encoded"),
                    Kind::Session => true,
                };
                keeps.then_some(kind)
            }
            _ => None,
        }
    }

    fn type_kind(&self, ty: &syn::Type) -> Option<Kind> {
        match ty {
            syn::Type::Reference(ty) => self.type_kind(&ty.elem),
            syn::Type::Paren(ty) => self.type_kind(&ty.elem),
            syn::Type::Path(ty) if ty.qself.is_none() => of_type(&self.names.resolve(&ty.path)?),
            _ => None,
        }
    }

    /// Brings in the names of a pattern.
    fn bind(&mut self, pattern: &syn::Pat, variable: Variable) {
        match pattern {
            syn::Pat::Ident(pattern) => {
                if let Some(scope) = self.variables.last_mut() {
                    scope.insert(unraw(&pattern.ident), variable);
                }
                if let Some((_, inner)) = &pattern.subpat {
                    self.bind(inner, Variable::default());
                }
            }
            syn::Pat::Type(pattern) => {
                // The type of what `decode_header` gives is `Header` too.
                let known = variable.kind.filter(|kind| *kind == Kind::TokenHeader);
                let kind = known.or_else(|| self.type_kind(&pattern.ty)).or(variable.kind);
                self.bind(&pattern.pat, Variable { kind, ..variable });
            }
            syn::Pat::Paren(pattern) => self.bind(&pattern.pat, variable),
            syn::Pat::Reference(pattern) => self.bind(&pattern.pat, variable),
            syn::Pat::TupleStruct(pattern) => {
                let holds = pattern.path.segments.last().is_some_and(|s| s.ident == "Ok" || s.ident == "Some") && pattern.elems.len() == 1;
                let inner = if holds { variable } else { Variable::default() };
                pattern.elems.iter().for_each(|p| self.bind(p, inner));
            }
            syn::Pat::Tuple(pattern) => pattern.elems.iter().for_each(|p| self.bind(p, Variable::default())),
            syn::Pat::Slice(pattern) => pattern.elems.iter().for_each(|p| self.bind(p, Variable::default())),
            syn::Pat::Or(pattern) => pattern.cases.iter().for_each(|p| self.bind(p, variable)),
            syn::Pat::Struct(pattern) => pattern.fields.iter().for_each(|f| self.bind(&f.pat, Variable::default())),
            _ => {}
        }
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        self.variables.push(HashMap::new());
        inside(self);
        self.variables.pop();
    }

    /// A function: it sees no variable around it.
    fn function_body(&mut self, signature: &'a syn::Signature, block: &'a syn::Block) {
        let outside = std::mem::replace(&mut self.variables, vec![HashMap::new()]);
        let conditions = std::mem::take(&mut self.conditions);
        for input in &signature.inputs {
            if let syn::FnArg::Typed(input) = input {
                let kind = self.type_kind(&input.ty);
                self.bind(&input.pat, Variable { kind, ..Variable::default() });
            }
        }
        self.forwarded.push(forwarded::Seen::default());
        self.checks_algorithm.push(false);
        let before = self.hints.len();
        self.visit_block(block);
        forwarded::judge(self);
        if self.checks_algorithm.pop() == Some(true) {
            validation::algorithm_is_checked(self, before);
        }
        self.conditions = conditions;
        self.variables = outside;
    }

    fn macro_arguments(&mut self, mac: &'a syn::Macro) {
        if let Some(arguments) = self.macros.get(&bytes(mac.path.span()).start) {
            if mac.path.segments.last().is_some_and(|name| name.ident != "vec") {
                for argument in arguments {
                    validation::looks_at(self, argument);
                }
            }
            for argument in arguments {
                self.visit_expr(argument);
            }
        }
    }
}

/// The type that a function of another crate gives.
fn constructed(function: &str) -> Option<Kind> {
    if function == "jsonwebtoken::decode_header" {
        return Some(Kind::TokenHeader);
    }
    let (of, name) = function.rsplit_once("::")?;
    match of_type(of)? {
        Kind::Validation if matches!(name, "new" | "default" | "new_for_family") => Some(Kind::Validation),
        Kind::Header if matches!(name, "new" | "default") => Some(Kind::Header),
        Kind::Validation | Kind::Header | Kind::TokenHeader | Kind::TokenAlgorithm => None,
        kind => Some(kind),
    }
}

fn of_type(path: &str) -> Option<Kind> {
    Some(match path {
        "jsonwebtoken::Validation" => Kind::Validation,
        "jsonwebtoken::Header" => Kind::Header,
        "cookie::Cookie" | "cookie::CookieBuilder" => Kind::Cookie,
        "tower_sessions::SessionManagerLayer" | "tower_sessions::service::SessionManagerLayer" => Kind::Session,
        "actix_session::SessionMiddleware" | "actix_session::config::SessionMiddlewareBuilder" => Kind::Session,
        "tower_governor::governor::GovernorConfigBuilder" | "actix_governor::GovernorConfigBuilder" => Kind::Governor,
        _ => return None,
    })
}

impl<'a> Visit<'a> for Walk<'a> {
    fn visit_item(&mut self, item: &'a syn::Item) {
        if !tests_only::item(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'a syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(item) => &item.attrs[..],
            syn::ImplItem::Const(item) => &item.attrs,
            _ => &[],
        };
        if !tests_only::attributes(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        let Some((brace, items)) = &module.content else { return };
        let before = self.names.enter(bytes(brace.span.join()).start);
        let outside = std::mem::replace(&mut self.variables, vec![HashMap::new()]);
        for item in items {
            self.visit_item(item);
        }
        self.variables = outside;
        self.names.leave(before);
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.function_body(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.function_body(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function_body(&item.sig, block);
        }
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        let name = match &*item.self_ty {
            syn::Type::Path(ty) => self.names.spelled(&ty.path),
            _ => String::new(),
        };
        self.own_types.push(name);
        visit::visit_item_impl(self, item);
        self.own_types.pop();
    }

    fn visit_field(&mut self, field: &'a syn::Field) {
        secrets::argument(self, field);
        visit::visit_field(self, field);
    }

    fn visit_block(&mut self, block: &'a syn::Block) {
        let before = self.names.enter(bytes(block.brace_token.span.join()).start);
        self.scoped(|walk| visit::visit_block(walk, block));
        self.names.leave(before);
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        if tests_only::attributes(&local.attrs) {
            return;
        }
        let mut variable = Variable::default();
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            variable.kind = self.kind(&init.expr);
            if variable.kind == Some(Kind::Validation) {
                variable.made = validation::made(self, &init.expr);
            }
            if matches!(variable.kind, Some(Kind::Validation | Kind::Header)) {
                variable.by_default = validation::by_default(self, &init.expr);
            }
            if let Some((_, otherwise)) = &init.diverge {
                self.visit_expr(otherwise);
            }
        }
        self.bind(&local.pat, variable);
    }

    fn visit_expr_let(&mut self, expr: &'a syn::ExprLet) {
        self.visit_expr(&expr.expr);
        let kind = self.kind(&expr.expr);
        self.bind(&expr.pat, Variable { kind, ..Variable::default() });
    }

    fn visit_expr_if(&mut self, expr: &'a syn::ExprIf) {
        // `if let` takes a value apart; a switch is a plain condition.
        let is_switch = usize::from(!matches!(*expr.cond, syn::Expr::Let(_)));
        self.conditions += is_switch;
        self.scoped(|walk| visit::visit_expr_if(walk, expr));
        self.conditions -= is_switch;
    }

    fn visit_expr_while(&mut self, expr: &'a syn::ExprWhile) {
        self.scoped(|walk| visit::visit_expr_while(walk, expr));
    }

    fn visit_expr_for_loop(&mut self, expr: &'a syn::ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.scoped(|walk| {
            walk.bind(&expr.pat, Variable::default());
            walk.visit_block(&expr.body);
        });
    }

    fn visit_expr_binary(&mut self, expr: &'a syn::ExprBinary) {
        if matches!(expr.op, syn::BinOp::Eq(_) | syn::BinOp::Ne(_)) {
            validation::looks_at(self, &expr.left);
            validation::looks_at(self, &expr.right);
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_match(&mut self, expr: &'a syn::ExprMatch) {
        validation::looks_at(self, &expr.expr);
        self.visit_expr(&expr.expr);
        let kind = self.kind(&expr.expr);
        for arm in expr.arms.iter().filter(|arm| !tests_only::attributes(&arm.attrs)) {
            self.scoped(|walk| {
                walk.bind(&arm.pat, Variable { kind, ..Variable::default() });
                visit::visit_arm(walk, arm);
            });
        }
    }

    fn visit_expr_closure(&mut self, expr: &'a syn::ExprClosure) {
        self.scoped(|walk| {
            expr.inputs.iter().for_each(|pattern| walk.bind(pattern, Variable::default()));
            walk.visit_expr(&expr.body);
        });
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        secrets::call(self, call);
        limits::call(self, call);
        if !validation::call(self, call) {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        secrets::method(self, call);
        limits::method(self, call);
        cookies::method(self, call);
        tls::method(self, call);
        forwarded::method(self, call);
        if validation::method(self, call) {
            call.args.iter().for_each(|argument| self.visit_expr(argument));
        } else {
            visit::visit_expr_method_call(self, call);
        }
    }

    fn visit_expr_assign(&mut self, assign: &'a syn::ExprAssign) {
        validation::assign(self, assign, self.conditions > 0);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_field(&mut self, field: &'a syn::ExprField) {
        // Reading or setting a field lets the value itself go nowhere.
        if self.variable(&field.base).and_then(|v| v.made).is_none() {
            visit::visit_expr_field(self, field);
        }
    }

    fn visit_expr_struct(&mut self, expr: &'a syn::ExprStruct) {
        validation::fields(self, expr);
        config_literal::fields(self, expr);
        visit::visit_expr_struct(self, expr);
        validation::replaced(self, expr);
    }

    fn visit_expr_path(&mut self, expr: &'a syn::ExprPath) {
        if let Some(made) =
            expr.path.get_ident().and_then(|_| self.variables.iter().rev().find_map(|s| s.get(&unraw(&expr.path.segments[0].ident)))).and_then(|v| v.made)
        {
            self.validations[made].escapes = true;
        }
        validation::path(self, &expr.path);
        limits::path(self, &expr.path);
    }

    fn visit_type_path(&mut self, ty: &'a syn::TypePath) {
        visit::visit_type_path(self, ty);
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        self.macro_arguments(mac);
    }
}
