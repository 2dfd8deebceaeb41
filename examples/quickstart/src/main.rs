fn main() {
    println!("the service of the secgen quickstart; its security module is rendered into src/security");
}
