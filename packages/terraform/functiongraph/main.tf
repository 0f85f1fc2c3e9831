# The host as an HTTP function of FunctionGraph behind APIG, Huawei Cloud's API Gateway, and a timer that calls for its work.
# Nobody has applied this yet. docs/where-it-runs.md tells what was checked.

terraform {
  required_version = ">= 1.5"
  required_providers {
    huaweicloud = {
      source  = "huaweicloud/huaweicloud"
      version = ">= 1.62.0"
    }
  }
}

provider "huaweicloud" {
  region = var.region
}

locals {
  # KooGallery reads only HTTP 200 with a result code, and repeats a call that got 000005.
  failed = jsonencode({ resultCode = "000005", resultMsg = "internal error: the service behind the entrance gave no answer" })
  busy   = jsonencode({ resultCode = "000005", resultMsg = "internal error: too many calls at the same time" })
}

resource "huaweicloud_obs_bucket" "code" {
  bucket = var.bucket
  acl    = "private"
}

resource "huaweicloud_obs_bucket_object" "host" {
  bucket = huaweicloud_obs_bucket.code.bucket
  # Another package has another name, so that the function gets it.
  key    = "host-${filesha256("${var.packages}/host.zip")}.zip"
  source = "${var.packages}/host.zip"
}

resource "huaweicloud_fgs_function" "host" {
  name        = var.name
  app         = "default"
  description = "Answers KooGallery's callbacks"
  runtime     = "http"
  handler     = "bootstrap"
  code_type   = "obs"
  code_url    = "https://${huaweicloud_obs_bucket.code.bucket_domain_name}/${huaweicloud_obs_bucket_object.host.key}"
  memory_size = 512
  # The timer's requests may take 100 s. APIG ends a callback earlier.
  timeout         = 120
  concurrency_num = 20
  # What is secret is in the second map: FunctionGraph encrypts it. docs/configure.md lists the variables.
  user_data           = jsonencode(var.variables)
  encrypted_user_data = jsonencode(var.secret_variables)
  # To reach the store in a VPC.
  agency     = var.agency
  vpc_id     = var.vpc_id
  network_id = var.network_id
}

resource "huaweicloud_fgs_function" "work" {
  name        = "${var.name}-work"
  app         = "default"
  description = "Calls for what is due at ${var.name}"
  runtime     = "Python3.9"
  handler     = "index.handler"
  code_type   = "inline"
  func_code   = filebase64("${path.module}/../../functiongraph/work/index.py")
  memory_size = 128
  timeout     = 110
  # One at a time: a second one would find nothing to do.
  max_instance_num    = "1"
  user_data           = jsonencode({ KOOGALLERY_ADDRESS = "https://${var.domain}" })
  encrypted_user_data = jsonencode({ KOOGALLERY_WORK_TOKEN = var.work_token })
}

resource "huaweicloud_fgs_function_trigger" "work" {
  function_urn = huaweicloud_fgs_function.work.urn
  type         = "TIMER"
  event_data = jsonencode({
    name          = "work"
    schedule_type = "Rate"
    schedule      = "1m"
  })
}

# The certificate is bound to the domain in the console: the provider does not tell the domain's id.
resource "huaweicloud_apig_group" "host" {
  instance_id = var.apig_instance_id
  name        = var.name

  url_domains {
    name            = var.domain
    min_ssl_version = "TLSv1.2"
  }
}

resource "huaweicloud_apig_environment" "host" {
  instance_id = var.apig_instance_id
  name        = replace(var.name, "-", "_")
}

resource "huaweicloud_apig_response" "host" {
  instance_id = var.apig_instance_id
  group_id    = huaweicloud_apig_group.host.id
  name        = var.name

  rule {
    error_type  = "THROTTLED"
    status_code = 200
    body        = local.busy
  }

  dynamic "rule" {
    for_each = ["BACKEND_UNAVAILABLE", "BACKEND_TIMEOUT", "DEFAULT_5XX"]
    content {
      error_type  = rule.value
      status_code = 200
      body        = local.failed
    }
  }
}

resource "huaweicloud_apig_api" "host" {
  instance_id             = var.apig_instance_id
  group_id                = huaweicloud_apig_group.host.id
  name                    = var.name
  type                    = "Public"
  request_protocol        = "HTTPS"
  request_method          = "ANY"
  request_path            = "/"
  matching                = "Prefix"
  security_authentication = "NONE" # the signature is KooGallery's, and the host checks it
  response_id             = huaweicloud_apig_response.host.id

  func_graph {
    function_urn    = huaweicloud_fgs_function.host.urn
    version         = "latest"
    network_type    = "V2"
    invocation_type = "sync"
    timeout         = 4500
  }
}

# What the timer calls for may take longer than a callback.
resource "huaweicloud_apig_api" "work" {
  instance_id             = var.apig_instance_id
  group_id                = huaweicloud_apig_group.host.id
  name                    = "${var.name}-work"
  type                    = "Public"
  request_protocol        = "HTTPS"
  request_method          = "POST"
  request_path            = "/internal/work"
  matching                = "Exact"
  security_authentication = "NONE" # the host checks the token

  func_graph {
    function_urn    = huaweicloud_fgs_function.host.urn
    version         = "latest"
    network_type    = "V2"
    invocation_type = "sync"
    timeout         = 110000
  }
}

resource "huaweicloud_apig_api_publishment" "all" {
  for_each    = { host = huaweicloud_apig_api.host.id, work = huaweicloud_apig_api.work.id }
  instance_id = var.apig_instance_id
  env_id      = huaweicloud_apig_environment.host.id
  api_id      = each.value
}

resource "huaweicloud_apig_throttling_policy" "host" {
  instance_id      = var.apig_instance_id
  name             = replace(var.name, "-", "_")
  type             = "API-based"
  period           = 1
  period_unit      = "SECOND"
  max_api_requests = 200
  max_ip_requests  = 50
}

resource "huaweicloud_apig_throttling_policy_associate" "host" {
  instance_id = var.apig_instance_id
  policy_id   = huaweicloud_apig_throttling_policy.host.id
  publish_ids = [for published in huaweicloud_apig_api_publishment.all : published.publish_id]
}
