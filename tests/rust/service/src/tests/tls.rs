//! TLS as the policy says: real handshakes, in memory.

use super::scratch;
use crate::security::tls::{
    Group, Settings, TlsError, Version, client_from_file, provider, server_config,
    server_from_files,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, ClientConnection, Connection, NamedGroup, ServerConfig, ServerConnection,
};
use std::path::PathBuf;
use std::sync::Arc;

const ONLY_13: Settings = Settings {
    min_version: Version::Tls13,
    groups: &[Group::X25519MlKem768, Group::X25519],
};
const FROM_12: Settings = Settings {
    min_version: Version::Tls12,
    groups: &[Group::Secp384r1, Group::Secp256r1],
};

/// A certificate of a host that is its own root, and its key.
fn files(name: &str, host: &str) -> (PathBuf, PathBuf) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([host.to_owned()]).unwrap();
    let (chain, key) = (
        scratch(&format!("{name}.crt")),
        scratch(&format!("{name}.key")),
    );
    std::fs::write(&chain, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    (chain, key)
}

/// What was agreed on, or why nothing.
fn handshake(
    server: &Arc<ServerConfig>,
    client: &Arc<ClientConfig>,
    host: &'static str,
) -> Result<(rustls::ProtocolVersion, NamedGroup), rustls::Error> {
    let name = host.try_into().unwrap();
    let mut client = Connection::from(ClientConnection::new(Arc::clone(client), name)?);
    let mut server = Connection::from(ServerConnection::new(Arc::clone(server))?);
    for _ in 0..10 {
        for swap in [false, true] {
            let (from, to) = if swap {
                (&mut server, &mut client)
            } else {
                (&mut client, &mut server)
            };
            let mut bytes = Vec::new();
            while from.wants_write() {
                from.write_tls(&mut bytes).unwrap();
            }
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                to.read_tls(&mut rest).unwrap();
                to.process_new_packets()?;
            }
        }
    }
    let group = client.negotiated_key_exchange_group().unwrap();
    Ok((client.protocol_version().unwrap(), group.name()))
}

#[test]
fn versions_and_groups_are_those_of_the_policy() {
    let (chain, key) = files("versions", "db.example.com");
    let server = |settings| Arc::new(server_from_files(settings, &chain, &key).unwrap());
    let client = |settings| Arc::new(client_from_file(settings, &chain).unwrap());
    let mut tls12 = client_from_file(&FROM_12, &chain).unwrap();
    tls12 = {
        let roots = {
            let mut roots = rustls::RootCertStore::empty();
            use rustls::pki_types::pem::PemObject;
            let certificate = rustls::pki_types::CertificateDer::from_pem_file(&chain).unwrap();
            roots.add(certificate).unwrap();
            roots
        };
        drop(tls12);
        ClientConfig::builder_with_provider(Arc::new(provider(&FROM_12).unwrap()))
            .with_protocol_versions(&[&rustls::version::TLS12])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    };
    let tls12 = Arc::new(tls12);
    let host = "db.example.com";
    assert_eq!(
        handshake(&server(&ONLY_13), &client(&ONLY_13), host),
        Ok((rustls::ProtocolVersion::TLSv1_3, NamedGroup::X25519MLKEM768))
    );
    assert_eq!(
        handshake(&server(&FROM_12), &client(&FROM_12), host),
        Ok((rustls::ProtocolVersion::TLSv1_3, NamedGroup::secp384r1))
    );
    assert_eq!(
        handshake(&server(&FROM_12), &tls12, host),
        Ok((rustls::ProtocolVersion::TLSv1_2, NamedGroup::secp384r1))
    );
    // TLS 1.2 is not spoken where the policy says 1.3, and no group is used that it does not name.
    assert!(handshake(&server(&ONLY_13), &tls12, host).is_err());
    assert!(handshake(&server(&ONLY_13), &client(&FROM_12), host).is_err());
    let p256 = Settings {
        groups: &[Group::Secp256r1],
        ..ONLY_13
    };
    assert_eq!(
        handshake(&server(&FROM_12), &client(&p256), host).map(|(_, group)| group),
        Ok(NamedGroup::secp256r1)
    );
}

#[test]
fn chain_and_host_name_are_verified() {
    let (chain, key) = files("ours", "db.example.com");
    let (other, _) = files("other", "db.example.com");
    let server = Arc::new(server_from_files(&ONLY_13, &chain, &key).unwrap());
    let client = Arc::new(client_from_file(&ONLY_13, &chain).unwrap());
    assert!(handshake(&server, &client, "db.example.com").is_ok());
    let wrong_host = handshake(&server, &client, "evil.example.com").unwrap_err();
    assert!(matches!(
        wrong_host,
        rustls::Error::InvalidCertificate(rustls::CertificateError::NotValidForNameContext { .. })
    ));
    let stranger = Arc::new(client_from_file(&ONLY_13, &other).unwrap());
    let unknown = handshake(&server, &stranger, "db.example.com").unwrap_err();
    assert!(
        matches!(unknown, rustls::Error::InvalidCertificate(_)),
        "{unknown}"
    );
}

#[test]
fn what_cannot_be_used_is_refused_at_start() {
    let (chain, key) = files("good", "db.example.com");
    let (_, other_key) = files("stranger", "db.example.com");
    let refused =
        |chain: &PathBuf, key: &PathBuf| server_from_files(&ONLY_13, chain, key).unwrap_err();
    let missing = scratch("no-such-file");
    assert_eq!(
        refused(&missing, &key),
        TlsError::Unreadable(missing.clone())
    );
    assert_eq!(
        refused(&chain, &missing),
        TlsError::Unreadable(missing.clone())
    );
    assert_eq!(
        refused(&key, &key),
        TlsError::Unreadable(key.clone()),
        "no certificate in it"
    );
    assert_eq!(
        refused(&chain, &chain),
        TlsError::Unreadable(chain.clone()),
        "no key in it"
    );
    assert!(matches!(refused(&chain, &other_key), TlsError::Unusable(_)));
    let roots = client_from_file(&ONLY_13, &key).unwrap_err();
    assert_eq!(roots, TlsError::Unreadable(key));
    let none = Settings {
        groups: &[],
        ..ONLY_13
    };
    assert_eq!(provider(&none).unwrap_err(), TlsError::NoGroup);
    let text = format!("{} {:?}", TlsError::NoGroup, TlsError::NoGroup);
    assert!(text.contains("names no group"));
    assert!(
        server_config(
            &none,
            Vec::new(),
            rustls::pki_types::PrivatePkcs8KeyDer::from(Vec::new()).into()
        )
        .is_err()
    );
}
