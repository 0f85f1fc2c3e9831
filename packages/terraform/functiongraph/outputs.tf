output "production_address" {
  description = "What is registered in KooGallery, once the certificate is bound to the domain."
  value       = "https://${var.domain}/"
}
