//! Which columns a run has, and which of them plays which part.

use super::record::Role;
use serde::{Deserialize, Serialize};

/// The roles that the files have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    present: [bool; 4],
}

impl Roles {
    /// Those that are present.
    pub fn new(present: [bool; 4]) -> Self {
        Self { present }
    }

    /// Whether a role is present.
    pub fn has(self, role: Role) -> bool {
        self.present[role as usize]
    }

    /// Those that are present, in order.
    pub fn iter(self) -> impl Iterator<Item = Role> + Clone {
        Role::ALL.into_iter().filter(move |&role| self.has(role))
    }

    /// The policy: the current one, else the old, else the rollout; none where there is only a reference.
    pub fn policy(self) -> Option<Role> {
        self.iter().find(|&role| role != Role::Ref)
    }

    /// Who drew the tokens, and stands as `old` in an expression: the rollout, else the old, else the policy itself.
    pub fn sampler(self) -> Option<Role> {
        [Role::Rollout, Role::Old, Role::Policy].into_iter().find(|&role| self.has(role))
    }

    /// The sampler and the policy that it is held against: the rollout against the old, or else the current one, or the old
    /// against the current one; none where only one of them is there.
    pub fn mismatch(self) -> Option<(Role, Role)> {
        let sampler = self.sampler()?;
        let others = if sampler == Role::Rollout { [Role::Old, Role::Policy] } else { [Role::Policy; 2] };
        let target = others.into_iter().find(|&role| self.has(role) && role != sampler)?;
        Some((sampler, target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Old, Policy, Ref, Rollout};

    #[test]
    fn parts_are_played_by_the_first_that_is_there() {
        let of = |roles: &[Role]| {
            let roles = Roles::new(Role::ALL.map(|role| roles.contains(&role)));
            (roles.policy(), roles.sampler(), roles.mismatch())
        };
        assert_eq!(of(&[Old, Rollout, Ref]), (Some(Old), Some(Rollout), Some((Rollout, Old))));
        assert_eq!(of(&[Policy, Old, Rollout]), (Some(Policy), Some(Rollout), Some((Rollout, Old))));
        assert_eq!(of(&[Policy, Rollout]), (Some(Policy), Some(Rollout), Some((Rollout, Policy))));
        assert_eq!(of(&[Policy, Old]), (Some(Policy), Some(Old), Some((Old, Policy))));
        assert_eq!(of(&[Old, Ref]), (Some(Old), Some(Old), None));
        assert_eq!(of(&[Ref]), (None, None, None));
    }
}
