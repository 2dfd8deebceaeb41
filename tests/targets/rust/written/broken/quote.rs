use jsonwebtoken::Validation;
let secret = "hunter2;
// line 2: rust-syntax
