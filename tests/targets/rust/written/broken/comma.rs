use jsonwebtoken::Validation;

fn f() {
    let secret = "hunter2";
    let v = Validation::new(1 2); // <- rust-syntax
}
