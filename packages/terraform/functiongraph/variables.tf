variable "region" {
  description = "The region, such as ap-southeast-1."
  type        = string
}

variable "name" {
  description = "What the function, the group and so on are called: letters, digits and hyphens."
  type        = string
  default     = "koogallery"
}

variable "domain" {
  description = "The domain name of the production address. It has to resolve to the gateway."
  type        = string
}

variable "apig_instance_id" {
  description = "A dedicated gateway that exists already. Many APIs share one."
  type        = string
}

variable "bucket" {
  description = "The name of an OBS bucket to make, for the function's package."
  type        = string
}

variable "packages" {
  description = "The folder that packages/functiongraph/package has written: host.zip."
  type        = string
}

variable "variables" {
  description = "The host's variables that are not secret: DYNAMODB_ENDPOINT (docs/stores.md) and those of docs/configure.md."
  type        = map(string)
}

variable "secret_variables" {
  description = "The host's secret variables: KOOGALLERY_KEYS, KOOGALLERY_API_TOKEN, KOOGALLERY_LOCAL_KEY, AWS_SECRET_ACCESS_KEY and so on."
  type        = map(string)
  sensitive   = true
}

variable "work_token" {
  description = "One of the tokens of KOOGALLERY_API_TOKEN, with the scope `work` only."
  type        = string
  sensitive   = true
}

variable "agency" {
  description = "An agency that lets FunctionGraph use the VPC and read the package."
  type        = string
}

variable "vpc_id" {
  description = "The VPC of the store."
  type        = string
}

variable "network_id" {
  description = "A subnet of the VPC."
  type        = string
}
