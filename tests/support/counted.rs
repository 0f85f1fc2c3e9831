//! What requests to AWS cost: how many there are, and the capacity that DynamoDB counts for them.

use std::ops::Sub;

use serde_json::Value;

/// Requests, and DynamoDB's units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counted {
    /// Requests to DynamoDB.
    pub requests: u32,
    /// Read request units: what a strongly consistent read of up to 4 KB takes.
    pub read_units: f64,
    /// Write request units: what a write of up to 1 KB takes; in a transaction it takes two.
    pub write_units: f64,
}

impl Sub for Counted {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            read_units: self.read_units - before.read_units,
            write_units: self.write_units - before.write_units,
        }
    }
}

impl Counted {
    /// A request that asks for its capacity.
    #[must_use]
    pub fn asking(mut request: Value) -> Value {
        request["ReturnConsumedCapacity"] = "TOTAL".into();
        request
    }

    /// Adds a request by what its answer says.
    pub fn add(&mut self, operation: &str, answer: &Value) {
        self.requests += 1;
        let consumed = &answer["ConsumedCapacity"];
        let each = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
        let units: f64 = each.iter().filter_map(|consumed| consumed["CapacityUnits"].as_f64()).sum();
        match operation {
            "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems" => self.read_units += units,
            _ => self.write_units += units,
        }
    }
}
