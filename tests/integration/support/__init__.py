"""What these tests share: topologies, the tool as a process, requests, a spy on Docker."""
