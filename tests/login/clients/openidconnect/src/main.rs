//! Logs in with the crate `openidconnect`: prints where a browser has to go, reads where it came to, and prints who it is.
//!
//! `OIDC_ISSUER`, `OIDC_CLIENT_ID`, `OIDC_CLIENT_SECRET`, `OIDC_REDIRECT_URI` and `OIDC_LOGIN_HINT` say the rest.

use std::error::Error;
use std::io;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::reqwest::{blocking, redirect};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};
use serde_json::json;
use url::Url;

fn main() -> Result<(), Box<dyn Error>> {
    let of = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let http = blocking::ClientBuilder::new().redirect(redirect::Policy::none()).build()?;
    let provider = CoreProviderMetadata::discover(&IssuerUrl::new(of("OIDC_ISSUER")?)?, &http)?;
    let (id, secret) = (ClientId::new(of("OIDC_CLIENT_ID")?), ClientSecret::new(of("OIDC_CLIENT_SECRET")?));
    let client = CoreClient::from_provider_metadata(provider, id, Some(secret))
        .set_redirect_uri(RedirectUrl::new(of("OIDC_REDIRECT_URI")?)?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let code_flow = CoreAuthenticationFlow::AuthorizationCode;
    let (begin, state, nonce) = client
        .authorize_url(code_flow, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("email".to_owned()))
        .add_extra_param("login_hint", of("OIDC_LOGIN_HINT")?)
        .set_pkce_challenge(challenge)
        .url();
    println!("{begin}");

    let mut came = String::new();
    io::stdin().read_line(&mut came)?;
    let came = Url::parse(came.trim())?;
    let given = |name: &str| came.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned());
    if given("state").as_ref() != Some(state.secret()) {
        return Err("the state is another one".into());
    }
    let code = AuthorizationCode::new(given("code").ok_or("there is no code")?);
    let token = client.exchange_code(code)?.set_pkce_verifier(verifier).request(&http)?;
    let id_token = token.id_token().ok_or("there is no ID token")?;
    let keys = client.id_token_verifier();
    let claims = id_token.claims(&keys, &nonce)?;
    let (algorithm, key) = (id_token.signing_alg()?, id_token.signing_key(&keys)?);
    let hash = AccessTokenHash::from_token(token.access_token(), algorithm, key)?;
    if claims.access_token_hash() != Some(&hash) {
        return Err("at_hash does not fit the access token".into());
    }
    let subject = Some(claims.subject().clone());
    let userinfo: CoreUserInfoClaims = client.user_info(token.access_token().clone(), subject)?.request(&http)?;
    println!("{}", json!({ "claims": claims, "userinfo": userinfo }));
    Ok(())
}
