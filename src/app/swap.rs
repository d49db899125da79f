//! What others change too: read it, change it, write it if nobody else did meanwhile, else do that again.

use crate::{
    model::world::World,
    store::api::{Result, Store},
};

/// Changes the world; answers whether anything is otherwise now.
pub async fn world(store: &dyn Store, change: impl Fn(&mut World)) -> Result<bool> {
    loop {
        let old = store.world().await?;
        let mut new = old.clone();
        change(&mut new);
        if new == old {
            return Ok(false);
        }
        new.version = old.version + 1;
        if store.put_world(old.version, &new).await? {
            return Ok(true);
        }
    }
}

/// Changes the text of a cursor (none: there is no such cursor); answers what `change` said beside the new text.
pub async fn cursor<T>(store: &dyn Store, name: &str, change: impl Fn(Option<&str>) -> (String, T)) -> Result<T> {
    loop {
        let old = store.cursor(name).await?;
        let (new, said) = change(old.as_deref());
        if old.as_ref() == Some(&new) || store.move_cursor(name, old.as_deref(), &new).await? {
            return Ok(said);
        }
    }
}

/// Empties a cursor, where there is one.
pub async fn forget(store: &dyn Store, name: &str) -> Result<()> {
    match store.cursor(name).await? {
        Some(_) => cursor(store, name, |_| (String::new(), ())).await,
        None => Ok(()),
    }
}
