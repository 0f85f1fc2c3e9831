//! How the list in `mod.rs`, the only one of the callbacks, becomes code.

/// Makes of a list of callbacks the enum `Callback` and the macro `for_each_callback!`.
///
/// An entry names the callback, the module of its request (which is also the crate of its function), the names by which
/// each dialect calls it, and the interface types whose keys may sign it. `$dollar` is a `$`, which a macro that makes a macro
/// cannot write itself.
macro_rules! callbacks {
    ($dollar:tt $(
        $(#[$doc:meta])+
        $name:ident in $module:ident {
            named: [$($dialect:ident $activity:literal),+],
            signed_by: [$($interface_type:ident),+],
        }
    )+) => {
        /// The callbacks, by KooGallery's own words. V1.0 activities that mean the same are the same callback.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
        #[strum(serialize_all = "kebab-case")]
        pub enum Callback {
            $($(#[$doc])+ $name,)+
        }

        impl Callback {
            /// Every callback.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            /// Each dialect that it is written in, with the name that the dialect calls it by; V2.0's is the first. A
            /// dialect that calls it by two names is there twice.
            #[must_use]
            pub const fn names(self) -> &'static [(Dialect, &'static str)] {
                match self {
                    $(Self::$name => &[$((Dialect::$dialect, $activity)),+],)+
                }
            }

            /// The interface types whose keys may sign it. Online License sells instances too, by the license key.
            #[must_use]
            pub const fn interface_types(self) -> &'static [InterfaceType] {
                match self {
                    $(Self::$name => &[$(InterfaceType::$interface_type),+],)+
                }
            }
        }

        $(const _: () = assert!(
            matches!(<$name as Request>::CALLBACK, Callback::$name),
            concat!("the CALLBACK of ", stringify!($name), " is another one"),
        );)+

        /// Hands all callbacks to a macro: of each the name, which its request and its [`Callback`] share, and the crate of its
        /// function.
        ///
        /// ```
        /// let mut crates = Vec::new();
        /// macro_rules! list {
        ///     ($($callback:ident $crate_of_function:ident)+) => {
        ///         $(crates.push((koogallery::Callback::$callback, stringify!($crate_of_function)));)+
        ///     };
        /// }
        /// koogallery::for_each_callback!(list);
        /// assert_eq!(crates[0], (koogallery::Callback::NewInstance, "new_instance"));
        /// ```
        #[macro_export]
        macro_rules! for_each_callback {
            ($dollar then:ident) => {
                $dollar then! { $($name $module)+ }
            };
        }
    };
}
