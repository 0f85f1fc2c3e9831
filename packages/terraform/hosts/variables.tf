variable "region" {
  description = "The region, such as ap-southeast-1."
  type        = string
}

variable "name" {
  description = "What the machines, the load balancer and so on are called."
  type        = string
  default     = "koogallery"
}

variable "domain" {
  description = "The domain name of the production address. It has to resolve to the output `address`."
  type        = string
}

variable "vpc_id" {
  description = "The VPC, which reaches the store."
  type        = string
}

variable "network_id" {
  description = "The network id of a subnet in it, for the machines."
  type        = string
}

variable "ipv4_subnet_id" {
  description = "The IPv4 subnet id of the same subnet, for the load balancer."
  type        = string
}

variable "image_id" {
  description = "An image of Debian 12 with cloud-init."
  type        = string
}

variable "flavor_id" {
  description = "The size of a machine: 2 virtual CPUs and 2 GB or more."
  type        = string
}

variable "dynamodb_endpoint" {
  description = "The store that both hosts share: an address that speaks DynamoDB's protocol, with transactions (docs/stores.md)."
  type        = string
}

variable "release_url" {
  description = "Where the machines download the program `koogallery`, such as an OBS object."
  type        = string
}

variable "release_sha256" {
  description = "The SHA-256 of the program, as hex digits."
  type        = string
}
