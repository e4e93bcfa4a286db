//! The operator `||` of texts as a function, so that it can be bounded.

use arrow::array::ArrayRef;
use arrow::compute::kernels::concat_elements::concat_elements_dyn;
use arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// Its name inside the engine.
pub(crate) const NAME: &str = "seam_glue";

/// `left || right`: null if either is.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Glue {
    signature: Signature,
}

impl Default for Glue {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Glue {
    fn name(&self) -> &str {
        NAME
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args.iter().map(|arg| arg.schema_name().to_string()).collect();
        Ok(names.join(" || "))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match arg_types.iter().find(|part| part.is_nested()) {
            Some(nested) => plan_err!("cannot join {nested} to a text with ||"),
            None => Ok(vec![DataType::Utf8; arg_types.len()]),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if scalar { 1 } else { args.number_rows };
        let parts = args.args.into_iter().map(|arg| arg.into_array(rows));
        let parts = parts.collect::<Result<Vec<ArrayRef>>>()?;
        let [left, right] = parts.as_slice() else {
            return plan_err!("|| joins two texts");
        };
        Ok(ColumnarValue::Array(concat_elements_dyn(left, right)?))
    }
}
