//! Functions that can make much out of little, kept within bounds.
//!
//! `repeat('x', 1000000000)` asks for a gigabyte with twenty letters, and no memory pool of the
//! engine counts what an expression produces. So every function whose result can be larger than
//! its arguments is called through [`Bounded`]: it estimates from the arguments what a call can
//! produce, calls the function for fewer rows at a time where that is too much, and refuses a
//! single value beyond the limit. What can produce rows or values without end from nothing
//! (`range`, `generate_series`), or work without end (`levenshtein`), is not there at all.

mod glue;
mod size;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, resources_err};
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Documentation, Expr, ExprSchemable, Operator, ReturnFieldArgs,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use glue::Glue;
use size::Argument;

/// Functions that nobody gets, with their other names.
pub(crate) const ABSENT: &[&str] = &["range", "generate_series", "gen_series", "levenshtein"];

/// How the size of a result follows from the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Growth {
    /// All arguments together, a few times at most.
    Sum,
    /// The first argument, as often as the second says.
    Times,
    /// As many characters as the second argument says.
    Pad,
    /// As many elements as the second argument says, each like the third.
    Resize,
    /// The first argument with each occurrence of the second made the third.
    Replace,
}

/// How a function of this name grows; `None` for one whose result is about as small as its
/// arguments.
fn growth_of(name: &str) -> Option<Growth> {
    Some(match name {
        "repeat" | "array_repeat" => Growth::Times,
        "lpad" | "rpad" => Growth::Pad,
        "array_resize" => Growth::Resize,
        "replace" | "regexp_replace" => Growth::Replace,
        "concat" | "concat_ws" | "encode" | "decode" | "translate" | "overlay" | "make_array"
        | "array_append" | "array_prepend" | "array_concat" | "array_union" | "array_replace"
        | "array_replace_n" | "array_replace_all" | "array_to_string" | "string_to_array"
        | "arrays_zip" | "map" | "map_entries" | "struct" | "named_struct" | "upper" | "lower"
        | "initcap" | "seam_glue" => Growth::Sum,
        _ => return None,
    })
}

/// Puts [`Bounded`] in place of the functions of a plan, and of the operator `||`.
#[derive(Debug)]
pub(crate) struct Bounds {
    limit_bytes: usize,
}

impl Bounds {
    /// No call gives more than `limit_bytes`.
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes }
    }

    fn bound(&self, function: &Arc<ScalarUDF>) -> Option<Arc<ScalarUDF>> {
        let growth = growth_of(function.name())?;
        let function =
            Bounded { inner: Arc::clone(function), growth, limit_bytes: self.limit_bytes };
        Some(Arc::new(ScalarUDF::from(function)))
    }

    /// `left || right` of texts; of lists the engine makes `array_concat` by itself.
    fn glue(&self, both: BinaryExpr, schema: &DFSchema) -> Transformed<Expr> {
        let is_list = |expr: &Expr| {
            expr.get_type(schema)
                .is_ok_and(|t| matches!(t, DataType::List(_) | DataType::LargeList(_)))
        };
        if is_list(&both.left) || is_list(&both.right) {
            return Transformed::no(Expr::BinaryExpr(both));
        }
        let glue = Arc::new(ScalarUDF::from(Glue::default()));
        let glue = self.bound(&glue).unwrap_or(glue);
        Transformed::yes(glue.call(vec![*both.left, *both.right]))
    }
}

impl FunctionRewrite for Bounds {
    fn name(&self) -> &'static str {
        "bounds"
    }

    fn rewrite(
        &self,
        expr: Expr,
        schema: &DFSchema,
        _: &ConfigOptions,
    ) -> Result<Transformed<Expr>> {
        match expr {
            Expr::ScalarFunction(mut call) if !call.func.inner().is::<Bounded>() => {
                let Some(bounded) = self.bound(&call.func) else {
                    return Ok(Transformed::no(Expr::ScalarFunction(call)));
                };
                call.func = bounded;
                Ok(Transformed::yes(Expr::ScalarFunction(call)))
            }
            Expr::BinaryExpr(both) if both.op == Operator::StringConcat => {
                Ok(self.glue(both, schema))
            }
            expr => Ok(Transformed::no(expr)),
        }
    }
}

/// A function that gives at most so many bytes per call.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
    limit_bytes: usize,
}

impl Bounded {
    /// The most one row of the result can hold, in bytes.
    fn row_bytes(&self, arguments: &[ColumnarValue]) -> Result<u128> {
        let sizes = arguments.iter().map(Argument::of).collect::<Result<Vec<_>>>()?;
        let bytes = |index: usize| sizes.get(index).map_or(0, |size| size.bytes);
        let number = |index: usize| sizes.get(index).map_or(0, |size| size.number);
        let all: u128 = sizes.iter().map(|size| size.bytes).sum();
        Ok(match self.growth {
            Growth::Sum => all * 4,
            Growth::Times => (bytes(0) + 8) * number(1),
            Growth::Pad => number(1) * 4,
            Growth::Resize => bytes(0) + number(1) * (bytes(2) + 8),
            // A pattern can match between any two letters, and what it caught comes back once
            // for each time the replacement names it.
            Growth::Replace => match self.inner.name() {
                "replace" => {
                    bytes(0)
                        + (bytes(0) / sizes.get(1).map_or(1, |size| size.least.max(1)) + 1)
                            * bytes(2)
                }
                _ => (bytes(0) + 1) * (bytes(2) * 2 + 1),
            },
        })
    }

    fn call(&self, args: ScalarFunctionArgs, budget: &mut usize) -> Result<ColumnarValue> {
        let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if all_scalar { 1 } else { args.number_rows };
        let needed = self.row_bytes(&args.args)?.saturating_mul(rows as u128);
        if needed <= self.limit_bytes as u128 {
            let value = self.inner.invoke_with_args(args)?;
            if let ColumnarValue::Array(array) = &value {
                *budget = budget.saturating_sub(size::slice_bytes(array)?);
            }
            if *budget == 0 {
                return self.refuse();
            }
            return Ok(value);
        }
        if rows <= 1 {
            return self.refuse();
        }
        let halves = [(0, rows / 2), (rows / 2, rows - rows / 2)].map(|(start, length)| {
            let value = self.call(part(&args, start, length), budget)?;
            value.into_array(length)
        });
        let halves = halves.into_iter().collect::<Result<Vec<ArrayRef>>>()?;
        let halves: Vec<&dyn Array> = halves.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(concat(&halves)?))
    }

    fn refuse<T>(&self) -> Result<T> {
        let (name, limit) = (self.inner.name(), self.limit_bytes);
        let name = if name == glue::NAME { "||" } else { name };
        resources_err!("`{name}` would give more than {limit} bytes")
    }
}

/// The arguments of the rows from `start` on.
fn part(args: &ScalarFunctionArgs, start: usize, length: usize) -> ScalarFunctionArgs {
    let slice = |arg: &ColumnarValue| match arg {
        ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(start, length)),
        scalar @ ColumnarValue::Scalar(_) => scalar.clone(),
    };
    ScalarFunctionArgs {
        args: args.args.iter().map(slice).collect(),
        arg_fields: args.arg_fields.clone(),
        number_rows: length,
        return_field: Arc::clone(&args.return_field),
        config_options: Arc::clone(&args.config_options),
    }
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.call(args, &mut self.limit_bytes.clone())
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }
}

#[cfg(test)]
mod tests;
