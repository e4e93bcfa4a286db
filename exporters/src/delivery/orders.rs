//! What a running delivery may be told.

use tokio::sync::watch;

/// What a delivery shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Send.
    #[default]
    Run,
    /// Send nothing, keep the cursor.
    Pause,
    /// End: wait a moment for what is under way.
    Stop,
}

/// Every order that holds: a pause that is followed by a stop is still a pause at the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    pub(super) paused: bool,
    pub(super) stopped: bool,
}

impl Told {
    /// Whether it was told to end.
    pub const fn is_stop(self) -> bool {
        self.stopped
    }

    /// What to do now.
    pub(super) const fn order(self) -> Order {
        match self {
            Self { stopped: true, .. } => Order::Stop,
            Self { paused: true, .. } => Order::Pause,
            Self { .. } => Order::Run,
        }
    }
}

/// Gives orders to one delivery; a later order replaces an earlier one.
#[derive(Debug, Clone)]
pub struct Orders(watch::Sender<Told>);

impl Orders {
    /// A new one, and what the delivery reads.
    pub fn new(first: Order) -> (Self, watch::Receiver<Told>) {
        let (sender, receiver) = watch::channel(Told::default());
        let orders = Self(sender);
        orders.give(first);
        (orders, receiver)
    }

    /// Gives an order. A delivery that was told to stop stays stopped.
    pub fn give(&self, order: Order) {
        self.0.send_if_modified(|told| {
            let next = match order {
                Order::Run => Told { paused: false, ..*told },
                Order::Pause => Told { paused: true, ..*told },
                Order::Stop => Told { stopped: true, ..*told },
            };
            std::mem::replace(told, next) != next
        });
    }

    /// Whether the delivery was told to end.
    pub fn is_stop(&self) -> bool {
        self.0.borrow().is_stop()
    }
}
