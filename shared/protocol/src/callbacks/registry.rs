//! Turns the list in `mod.rs`, the only list of callbacks, into code.

/// Makes the enum `Callback` and the macro `for_each_callback!` from a list of callbacks.
///
/// An entry has the callback, the module of its request (which is also the crate of its function), its names in each dialect, and
/// the interface types whose keys may sign it. `$dollar` is a `$`, which a macro that makes a macro cannot write itself.
macro_rules! callbacks {
    ($dollar:tt $(
        $(#[$doc:meta])+
        $name:ident in $module:ident {
            named: [$($dialect:ident $activity:literal),+],
            signed_by: [$($interface_type:ident),+],
        }
    )+) => {
        /// The callbacks, in KooGallery's own words. V1.0 activities that mean the same are the same callback.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
        #[strum(serialize_all = "kebab-case")]
        pub enum Callback {
            $($(#[$doc])+ $name,)+
        }

        impl Callback {
            /// Every callback.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            /// Each of its dialects, with its name there. V2.0's is the first. A dialect with two names for it appears twice.
            #[must_use]
            pub const fn names(self) -> &'static [(Dialect, &'static str)] {
                match self {
                    $(Self::$name => &[$((Dialect::$dialect, $activity)),+],)+
                }
            }

            /// The interface types whose keys may sign it. Online License has instances too, which the license key signs.
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

        /// Passes all callbacks to a macro: for each the name, which its request and its [`Callback`] share, and the crate of its
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
