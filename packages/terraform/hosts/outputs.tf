output "address" {
  description = "The public address of the load balancer: let the domain resolve to it."
  value       = huaweicloud_vpc_eip.entrance.address
}

output "production_address" {
  description = "What is registered in KooGallery, once secrets and certificates are on the machines."
  value       = "https://${var.domain}/"
}
