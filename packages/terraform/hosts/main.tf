# Two ECS with nginx and `koogallery serve` each, behind a load balancer that asks /readyz. TLS ends at nginx, whose configuration is
# tested; the load balancer only passes connections on. Nobody has applied this yet. docs/where-it-runs.md tells what was checked.

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

data "huaweicloud_availability_zones" "all" {}

data "huaweicloud_elb_flavors" "l4" {
  type = "L4"
}

resource "huaweicloud_networking_secgroup" "hosts" {
  name                 = var.name
  delete_default_rules = true
}

# 443 from everywhere: a load balancer for TCP passes the caller's own address on. No SSH: use the console, or add a rule.
resource "huaweicloud_networking_secgroup_rule" "https" {
  security_group_id = huaweicloud_networking_secgroup.hosts.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 443
  port_range_max    = 443
  remote_ip_prefix  = "0.0.0.0/0"
}

# To your application, the store and KooGallery's open APIs.
resource "huaweicloud_networking_secgroup_rule" "out" {
  security_group_id = huaweicloud_networking_secgroup.hosts.id
  direction         = "egress"
  ethertype         = "IPv4"
}

resource "huaweicloud_compute_instance" "host" {
  count              = 2
  name               = "${var.name}-${count.index}"
  image_id           = var.image_id
  flavor_id          = var.flavor_id
  security_group_ids = [huaweicloud_networking_secgroup.hosts.id]
  availability_zone  = data.huaweicloud_availability_zones.all.names[count.index]
  system_disk_type   = "GPSSD"
  system_disk_size   = 40

  network {
    uuid = var.network_id
  }

  # Nothing in here is secret: anybody on the machine can read it.
  user_data = templatefile("${path.module}/cloud-init.yaml.tftpl", {
    root              = "${path.module}/../../.."
    domain            = var.domain
    dynamodb_endpoint = var.dynamodb_endpoint
    release_url       = var.release_url
    release_sha256    = var.release_sha256
  })
}

resource "huaweicloud_vpc_eip" "entrance" {
  publicip {
    type = "5_bgp"
  }

  bandwidth {
    name        = var.name
    share_type  = "PER"
    size        = 10
    charge_mode = "traffic"
  }
}

resource "huaweicloud_elb_loadbalancer" "entrance" {
  name              = var.name
  vpc_id            = var.vpc_id
  ipv4_subnet_id    = var.ipv4_subnet_id
  ipv4_eip_id       = huaweicloud_vpc_eip.entrance.id
  l4_flavor_id      = data.huaweicloud_elb_flavors.l4.ids[0]
  availability_zone = slice(data.huaweicloud_availability_zones.all.names, 0, 2)
}

resource "huaweicloud_elb_listener" "https" {
  name            = var.name
  protocol        = "TCP"
  protocol_port   = 443
  loadbalancer_id = huaweicloud_elb_loadbalancer.entrance.id
  idle_timeout    = 120 # longer than nginx keeps a connection
}

resource "huaweicloud_elb_pool" "hosts" {
  name        = var.name
  protocol    = "TCP"
  lb_method   = "ROUND_ROBIN"
  listener_id = huaweicloud_elb_listener.https.id
}

resource "huaweicloud_elb_member" "host" {
  count         = 2
  address       = huaweicloud_compute_instance.host[count.index].access_ip_v4
  protocol_port = 443
  pool_id       = huaweicloud_elb_pool.hosts.id
  subnet_id     = var.ipv4_subnet_id
}

# Not ready: the store cannot be reached, the keys cannot be read, or the host is stopping. nginx answers 502 without a host.
resource "huaweicloud_elb_monitor" "ready" {
  pool_id          = huaweicloud_elb_pool.hosts.id
  protocol         = "HTTPS"
  port             = 443
  url_path         = "/readyz"
  domain_name      = var.domain
  status_code      = "200"
  interval         = 5
  timeout          = 3
  max_retries      = 2
  max_retries_down = 2
}
